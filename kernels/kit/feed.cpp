// The verb feed: from L1 to what the cube reads.
#include "kernels/kit/kernel.h"
#include "kernels/kit/movement.h"
#include "kernels/kit/scalar_bits.h"
#include "kernels/kit/verb.h"

namespace npu {

using kit::Core;
using kit::TileInfo;
using kit::Verb;

namespace {

// One row of L1 to the buffer that the cube or drain reads it from.
template <class Instruction>
void feed_row(Verb& verb, Instruction i, const TileInfo& target, Mem buffer,
              const TileInfo& source) {
  verb.need(target, "the target", {buffer});
  verb.need(source, "the source", {Mem::kL1});
  const Int cols = min(source.cols, target.cols);
  i.dst = verb.reg(target.address);
  i.src = verb.reg(source.address);
  i.cols = verb.reg(cols);
  verb.wrote(target, 1, cols);
  kit::use_row_layout(verb, source);
  verb.issue(i, Core::kCube, Unit::kFeed);
}

}  // namespace

void Kernel::feed(const Dst& to, const Src& from, Where at) {
  if (const Lease* lease = kit::scaled_lease(*recorder_, to)) {
    return use(
        *lease, [&](Tile slot) { feed(slot, from, at); }, at);
  }
  if (const Lease* lease = kit::scaled_lease(*recorder_, from)) {
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
  FeedBias<Reg> i;
  i.type = source.type;
  feed_row(verb, i, target, Mem::kBias, source);
}

void Kernel::feed_table(const Dst& to, const Src& from, Where at) {
  Verb verb(recorder_.get(), "feed_table", at);
  const TileInfo target = verb.take(to), source = verb.take(from);
  verb.need_same_type(source.type, Type::kF32);
  feed_row(verb, FeedTable<Reg>{}, target, Mem::kTable, source);
}

}  // namespace npu
