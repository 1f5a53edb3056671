// The verbs that move tiles between memories: load, fill, feed, drain, store.
#include "kernels/kit/kernel.h"
#include "kernels/kit/scalar_bits.h"
#include "kernels/kit/verb.h"

namespace npu {

using kit::Core;
using kit::GmMatrix;
using kit::TileInfo;
using kit::Verb;
using kit::ViewInfo;

namespace {

bool dense_column(const TileInfo& tile) {
  return tile.mem == Mem::kUb && tile.max_cols == 1 && tile.max_rows > 1 &&
         tile.pitch * 8 == bits_of(tile.type);
}

// A dense column of UB is moved as one row.
struct Extents {
  Int rows, cols;
};
Extents extents(const Verb& verb, const TileInfo& tile, const GmMatrix& gm) {
  const Int rows = min(tile.rows, gm.rows), cols = min(tile.cols, gm.cols);
  if (!dense_column(tile)) return {rows, cols};
  if (!gm.one_run) {
    verb.fail("a column of UB is dense, but the column of tensor " + gm.name +
              " is not; move the rows and take col(i)");
  }
  return {1, rows};
}

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

// The lease of a scaled ring, if that is what is meant.
const Lease* scaled_lease(const kit::Recorder& r, const Src& src) {
  const Lease* lease = std::get_if<Lease>(&src.value());
  return lease != nullptr && r.rings[static_cast<size_t>(lease->ring)].block ? lease : nullptr;
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
  if (const Lease* lease = scaled_lease(*recorder_, to)) {
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
  const GmMatrix gm = kit::meet(from.info(), tile, dense_column(tile));
  verb.need_same_type(gm.type, tile.type);
  const Extents e = extents(verb, tile, gm);
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
  if (dense_column(tile)) {
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
    i.rows = verb.reg(dense_column(tile) ? Int(1) : tile.rows);
    i.cols = verb.reg(dense_column(tile) ? tile.rows : tile.cols);
    i.dst_pitch = verb.pitch(tile.pitch, dense_column(tile) ? 1 : tile.max_rows);
  }
  i.value = verb.reg(bits);
  verb.wrote(tile, tile.rows, tile.cols);
  verb.issue(i, tile.mem == Mem::kL1 ? Core::kCube : Core::kVector, Unit::kLoad);
}

void Kernel::feed(const Dst& to, const Src& from, Where at) {
  if (const Lease* lease = scaled_lease(*recorder_, to)) {
    return use(
        *lease, [&](Tile slot) { feed(slot, from, at); }, at);
  }
  if (const Lease* lease = scaled_lease(*recorder_, from)) {
    return use(
        *lease, [&](Tile slot) { feed(to, slot, at); }, at);
  }
  const Tile* target = std::get_if<Tile>(&to.value());
  const Tile* source = std::get_if<Tile>(&from.value());
  if (target != nullptr && source != nullptr) feed_scales(*target, *source, at);
  feed_values(to, from, at);
}

void Kernel::feed_scales(const Tile& to, const Tile& from, Where at) {
  if (!to.info().scales || !from.info().scales) return;
  Verb verb(recorder_.get(), "feed", at);
  TileInfo plane = from.info();
  plane.lease = from.info().scales->lease;
  const TileInfo target = verb.take(to),
                 source = verb.take(Tile(std::make_shared<const TileInfo>(std::move(plane))));
  const ScaleBlock& block = source.scales->block;
  FeedScale<Reg> i;
  i.to = target.mem;
  i.dst = verb.reg(target.scales->address);
  i.src = verb.reg(source.scales->address);
  i.rows = verb.reg(min(source.rows, target.rows));
  i.cols = verb.reg(ceil_div(min(source.cols, target.cols), 32));
  i.repeat_rows = verb.reg(block.rows);
  i.repeat_k = verb.reg(block.cols / 32);
  i.src_pitch = verb.reg(source.scales->pitch);
  verb.issue(i, Core::kCube, Unit::kFeed);
}

void Kernel::feed_values(const Dst& to, const Src& from, Where at) {
  Verb verb(recorder_.get(), "feed", at);
  const TileInfo target = verb.take(to), source = verb.take(from);
  verb.need(target, "the target", {Mem::kL0A, Mem::kL0B});
  verb.need(source, "the source", {Mem::kL1});
  if (source.scales_only) verb.fail(source.name + " holds scales alone; see Tile::scaled_by");
  const bool widen = (source.type == Type::kE2m1 && target.type == Type::kE4m3) ||
                     (source.type == Type::kI4 && target.type == Type::kI8);
  if (!widen) verb.need_same_type(source.type, target.type);
  if (source.scales.has_value() != target.scales.has_value()) {
    verb.fail("one of " + target.name + " and " + source.name + " is scaled and the other is not");
  }
  // L0A holds (m, k). L0B holds (n, k), the transposed of the matrix that mma multiplies by.
  const bool transpose = source.transposed == (target.mem == Mem::kL0A);
  Feed<Reg> i;
  i.to = target.mem;
  i.type = source.type;
  i.transpose = transpose;
  i.widen = widen;
  if (transpose && source.scales) verb.fail("scales are by rows: a scaled tile is not transposed");
  const Int rows = min(source.rows, transpose ? target.cols : target.rows);
  const Int cols = min(source.cols, transpose ? target.rows : target.cols);
  i.dst = verb.reg(target.address);
  i.src = verb.reg(source.address);
  i.rows = verb.reg(rows);
  i.cols = verb.reg(cols);
  // mma_scaled takes packed operands.
  i.dst_pitch = target.scales ? Reg{} : verb.reg(target.pitch);
  i.src_pitch = verb.reg(source.pitch);
  verb.wrote(target, transpose ? cols : rows, transpose ? rows : cols);
  verb.issue(i, Core::kCube, Unit::kFeed);
}

void Kernel::feed_bias(const Dst& to, const Src& from, Where at) {
  Verb verb(recorder_.get(), "feed_bias", at);
  const TileInfo target = verb.take(to), source = verb.take(from);
  verb.need(target, "the target", {Mem::kBias});
  verb.need(source, "the source", {Mem::kL1});
  FeedBias<Reg> i;
  i.type = source.type;
  const Int cols = min(source.cols, target.cols);
  i.dst = verb.reg(target.address);
  i.src = verb.reg(source.address);
  i.cols = verb.reg(cols);
  verb.wrote(target, 1, cols);
  kit::use_row_layout(verb, source);
  verb.issue(i, Core::kCube, Unit::kFeed);
}

void Kernel::feed_table(const Dst& to, const Src& from, Where at) {
  Verb verb(recorder_.get(), "feed_table", at);
  const TileInfo target = verb.take(to), source = verb.take(from);
  verb.need(target, "the target", {Mem::kTable});
  verb.need(source, "the source", {Mem::kL1});
  verb.need_same_type(source.type, Type::kF32);
  FeedTable<Reg> i;
  const Int cols = min(source.cols, target.cols);
  i.dst = verb.reg(target.address);
  i.src = verb.reg(source.address);
  i.cols = verb.reg(cols);
  verb.wrote(target, 1, cols);
  kit::use_row_layout(verb, source);
  verb.issue(i, Core::kCube, Unit::kFeed);
}

namespace {

// What drain does on the way, whatever its target.
Drain<Reg> drain_modes(Verb& verb, const TileInfo& from, const DrainOptions& options) {
  verb.need(from, "the source", {Mem::kL0C});
  Drain<Reg> i;
  i.from = from.type;
  i.activation = options.activation;
  i.atomic = options.atomic;
  i.src = verb.reg(from.address);
  i.src_pitch = verb.reg(from.pitch);
  if (options.column_scale) {
    const TileInfo table = verb.take(*options.column_scale);
    verb.need(table, "the column scale", {Mem::kTable});
    i.scaling = ScaleMode::kColumn;
    i.scale = verb.reg(table.address);
  } else if (options.scale && options.scale->known() != 1.0F) {
    i.scaling = ScaleMode::kScalar;
    i.scale = verb.reg(options.scale->bits());
  }
  if (options.activation == Activation::kLeaky) i.slope = verb.reg(options.slope.bits());
  return i;
}

void mark_output(Verb& verb, int parameter) {
  if (parameter >= 0) verb.recorder.parameters[static_cast<size_t>(parameter)].output = true;
}

void store_rows(Verb& verb, const ViewInfo& view, const TileInfo& from, Atomic atomic) {
  const kit::TensorInfo& table = *view.tensor;
  const kit::TensorInfo& list = *view.list;
  verb.need_same_type(from.type, table.type);
  mark_output(verb, table.parameter);
  StoreRows<Reg> i;
  i.type = table.type;
  i.atomic = atomic;
  i.list_in = Mem::kGm;
  i.dst = verb.reg(Int(table.base) + table.offset * bits_of(table.type) / 8);
  i.src = verb.reg(from.address);
  i.list = verb.reg(Int(list.base) + list.offset * 4);
  i.rows = verb.reg(min(from.rows, view.count));
  i.cols = verb.reg(min(from.cols, table.dims[1]));
  i.dst_pitch = verb.reg(table.strides[0] * bits_of(table.type) / 8);
  i.src_pitch = verb.reg(from.pitch);
  verb.issue(i, Core::kVector, Unit::kStore);
}

void need_rows(const Verb& verb, const GmMatrix& gm) {
  if (gm.tiled) verb.fail("tiled tensor " + gm.name + " is for load alone");
}

}  // namespace

void Kernel::drain(const Dst& to, const Src& from, const DrainOptions& options, Where at) {
  Verb verb(recorder_.get(), "drain", at);
  const TileInfo target = verb.take(to), source = verb.take(from);
  verb.need(target, "the target", {Mem::kGm, Mem::kL1, Mem::kUb});
  Drain<Reg> i = drain_modes(verb, source, options);
  i.to = target.mem;
  i.type = target.type;
  i.layout = target.layout;
  const Int rows = min(source.rows, target.rows), cols = min(source.cols, target.cols);
  i.dst = verb.reg(target.address);
  i.rows = verb.reg(rows);
  i.cols = verb.reg(cols);
  i.dst_pitch = verb.reg(target.pitch);
  i.split = verb.reg(target.split);
  if (target.mem == Mem::kUb && target.split == 0) {
    verb.fail("the target " + target.name + " is no link; drain reaches UB by a link to vector");
  }
  verb.wrote(target, rows, cols);
  verb.issue(i, Core::kCube, Unit::kDrain);
}

void Kernel::drain(const View& to, const Src& from, const DrainOptions& options, Where at) {
  Verb verb(recorder_.get(), "drain", at);
  const TileInfo source = verb.take(from);
  Drain<Reg> i = drain_modes(verb, source, options);
  const GmMatrix gm = kit::meet(to.info(), source, false);
  need_rows(verb, gm);
  mark_output(verb, gm.parameter);
  i.to = Mem::kGm;
  i.type = gm.type;
  i.dst = verb.reg(gm.address);
  i.rows = verb.reg(min(source.rows, gm.rows));
  i.cols = verb.reg(min(source.cols, gm.cols));
  i.dst_pitch = verb.reg(gm.pitch);
  verb.issue(i, Core::kCube, Unit::kDrain);
}

void Kernel::store(const View& to, const Src& from, const StoreOptions& options, Where at) {
  Verb verb(recorder_.get(), "store", at);
  const TileInfo source = verb.take(from);
  verb.need(source, "the source", {Mem::kUb});
  if (to.info().kind == ViewInfo::Kind::kGather) {
    return store_rows(verb, to.info(), source, options.atomic);
  }
  const GmMatrix gm = kit::meet(to.info(), source, dense_column(source));
  verb.need_same_type(source.type, gm.type);
  need_rows(verb, gm);
  mark_output(verb, gm.parameter);
  const Extents e = extents(verb, source, gm);
  const bool one_row = is_const(e.rows.expr(), 1);
  Store<Reg> i;
  i.to = Mem::kGm;
  i.type = gm.type;
  i.atomic = options.atomic;
  i.dst = verb.reg(gm.address);
  i.src = verb.reg(source.address);
  i.rows = verb.reg(e.rows);
  i.cols = verb.reg(e.cols);
  i.dst_pitch = one_row ? Reg{} : verb.reg(gm.pitch);
  i.src_pitch = one_row ? Reg{} : verb.reg(source.pitch);
  verb.issue(i, Core::kVector, Unit::kStore);
}

void Kernel::store(const Dst& to, const Src& from, const StoreOptions& options, Where at) {
  Verb verb(recorder_.get(), "store", at);
  const TileInfo target = verb.take(to), source = verb.take(from);
  verb.need(target, "the target", {Mem::kGm, Mem::kL1});
  verb.need(source, "the source", {Mem::kUb});
  verb.need_same_type(source.type, target.type);
  const Int rows = min(source.rows, target.rows), cols = min(source.cols, target.cols);
  Store<Reg> i;
  i.to = target.mem;
  i.type = target.type;
  i.layout = target.layout;
  i.atomic = options.atomic;
  i.dst = verb.reg(target.address);
  i.src = verb.reg(source.address);
  i.rows = verb.reg(rows);
  i.cols = verb.reg(cols);
  i.dst_pitch = verb.reg(target.pitch);
  i.src_pitch = verb.reg(source.pitch);
  verb.wrote(target, rows, cols);
  verb.issue(i, Core::kVector, Unit::kStore);
}

}  // namespace npu
