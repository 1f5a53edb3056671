// The verbs that fill tiles: load from GM, fill with one value.
#include "kernels/kit/kernel.h"
#include "kernels/kit/movement.h"
#include "kernels/kit/scalar_bits.h"
#include "kernels/kit/verb.h"

namespace npu {

using kit::Core;
using kit::GmMatrix;
using kit::TileInfo;
using kit::Verb;
using kit::ViewInfo;

namespace {

void load_rows(Verb& verb, const TileInfo& to, const ViewInfo& view) {
  const kit::TensorInfo& table = *view.tensor;
  const kit::TensorInfo& list = *view.list;
  verb.need_same_type(table.type, to.type);
  LoadRows<Reg> i;
  i.to = to.mem;
  i.type = to.type;
  i.layout = to.layout;
  i.list_in = Mem::kGm;
  const Int rows = min(to.rows, view.count), cols = min(to.cols, table.dims[1]);
  i.dst = verb.reg(to.address);
  i.src = verb.reg(Int(table.base) + table.offset * bits_of(table.type) / 8);
  i.list = verb.reg(Int(list.base) + list.offset * 4);
  i.rows = verb.reg(rows);
  i.cols = verb.reg(cols);
  i.dst_pitch = verb.reg(to.pitch);
  i.src_pitch = verb.reg(table.strides[0] * bits_of(table.type) / 8);
  verb.wrote(to, rows, cols);
  verb.issue(i, to.mem == Mem::kL1 ? Core::kCube : Core::kVector, Unit::kLoad);
}

}  // namespace

void Kernel::load_scales(const Tile& to, const View& from, Where at) {
  Verb verb(recorder_.get(), "load", at);
  const TileInfo tile = verb.take(to);
  const ViewInfo& view = from.info();
  if (!view.tensor->scales || !(view.tensor->block == tile.scales->block)) {
    verb.fail(tile.name + " has scales of another kind than tensor " + view.tensor->name);
  }
  const ScaleBlock& block = tile.scales->block;
  const GmMatrix values = kit::meet(view, tile, false);
  ViewInfo plane = view;
  plane.tensor = view.tensor->scales;
  plane.kind = ViewInfo::Kind::kFrom;
  const bool by_tile = view.kind == ViewInfo::Kind::kTile;
  plane.row = (by_tile ? view.row * tile.max_rows : view.row) / block.rows;
  plane.col = (by_tile ? view.col * tile.max_cols : view.col) / block.cols;
  const GmMatrix gm = kit::meet(plane, tile, false);
  npu::Load<Reg> i;
  i.to = tile.mem;
  i.type = gm.type;
  i.layout = Layout::kScale;
  i.dst = verb.reg(tile.scales->address);
  i.src = verb.reg(gm.address);
  i.rows = verb.reg(ceil_div(min(tile.rows, values.rows), block.rows));
  i.cols = verb.reg(ceil_div(min(tile.cols, values.cols), block.cols));
  i.dst_pitch = verb.reg(tile.scales->pitch);
  i.src_pitch = verb.reg(gm.pitch);
  verb.issue(i, Core::kCube, Unit::kLoad);
}

// A scaled slot is filled by two instructions under one lease.
void Kernel::load(const Dst& to, const View& from, const LoadOptions& options, Where at) {
  if (const Lease* lease = kit::scaled_lease(*recorder_, to)) {
    return use(
        *lease, [&](Tile slot) { load(slot, from, options, at); }, at);
  }
  if (const Tile* slot = std::get_if<Tile>(&to.value())) {
    if (slot->info().scales) load_scales(*slot, from, at);
    if (slot->info().scales_only) return;
  }
  Verb verb(recorder_.get(), "load", at);
  const TileInfo tile = verb.take(to);
  verb.need(tile, "the target", {Mem::kL1, Mem::kUb});
  if (from.info().tensor->scales && !tile.scales) {
    verb.fail("tensor " + from.info().tensor->name + " is scaled, but " + tile.name +
              " has no room for scales");
  }
  if (from.info().kind == ViewInfo::Kind::kGather) return load_rows(verb, tile, from.info());
  const GmMatrix gm = kit::meet(from.info(), tile, kit::dense_column(tile));
  verb.need_same_type(gm.type, tile.type);
  const kit::Extents e = kit::extents(verb, tile, gm);
  npu::Load<Reg> i;
  i.to = tile.mem;
  i.type = tile.type;
  i.layout = tile.layout;
  if (gm.tiled) {
    if (tile.layout != Layout::kFractal) verb.fail("tiled tensor " + gm.name + " goes to L1 alone");
    i.layout = Layout::kTiled;
  }
  i.hint = options.hint;
  i.dst = verb.reg(tile.address);
  i.src = verb.reg(gm.address);
  i.rows = verb.reg(e.rows);
  i.cols = verb.reg(e.cols);
  const bool one_row = is_const(e.rows.expr(), 1) && !gm.tiled;
  i.dst_pitch = tile.layout == Layout::kFractal || !one_row ? verb.reg(tile.pitch) : Reg{};
  i.src_pitch = one_row ? Reg{} : verb.reg(gm.pitch);
  if (kit::dense_column(tile)) {
    verb.wrote(tile, e.cols, 1);
  } else {
    verb.wrote(tile, e.rows, e.cols);
  }
  verb.issue(i, tile.mem == Mem::kL1 ? Core::kCube : Core::kVector, Unit::kLoad);
}

void Kernel::fill(const Dst& to, const Operand& value, Where at) {
  Verb verb(recorder_.get(), "fill", at);
  const TileInfo tile = verb.take(to);
  verb.need(tile, "the target", {Mem::kL1, Mem::kUb});
  const Int bits = kit::scalar_bits(verb, value, tile.type);
  Fill<Reg> i;
  i.to = tile.mem;
  i.type = tile.type;
  i.dst = verb.reg(tile.address);
  if (tile.layout == Layout::kFractal) {
    // Every element alike: the fractals of the whole slot are one row.
    if (!tile.whole) verb.fail("fill of L1 takes whole slots");
    i.rows = verb.reg(1);
    const int64_t native = recorder_->limits.fractal_cols(tile.type);
    i.cols =
        verb.reg(tile.pitch * ((tile.max_cols + native - 1) / native) * 8 / bits_of(tile.type));
  } else {
    i.rows = verb.reg(kit::dense_column(tile) ? Int(1) : tile.rows);
    i.cols = verb.reg(kit::dense_column(tile) ? tile.rows : tile.cols);
    i.dst_pitch = verb.pitch(tile.pitch, kit::dense_column(tile) ? 1 : tile.max_rows);
  }
  i.value = verb.reg(bits);
  verb.wrote(tile, tile.rows, tile.cols);
  verb.issue(i, tile.mem == Mem::kL1 ? Core::kCube : Core::kVector, Unit::kLoad);
}

}  // namespace npu
