// The cube's verb, and how the first mma of a lease is told from the others.
#include "kernels/kit/kernel.h"
#include "kernels/kit/verb.h"

namespace npu {
namespace {

using kit::Core;
using kit::LeaseInfo;
using kit::Recorder;
using kit::TileInfo;
using kit::Verb;

// Not 0 for every mma of the lease but the first: a constant where the first stands beside the
// lease, the counter of the one loop it stands in, else a cell that starts as 0.
Int accumulate_switch(const Verb& verb, LeaseInfo& lease) {
  Recorder& r = verb.recorder;
  const bool first = lease.mma_count++ == 0;
  if (first) {
    if (lease.scope == r.scope()) {
      lease.accumulate = LeaseInfo::Accumulate::kAfterFirst;
      return 0;
    }
    const auto loops = r.loops_since(lease.scope);
    if (loops && loops->size() == 1 && is_const(loops->front().first.expr(), 0)) {
      lease.accumulate = LeaseInfo::Accumulate::kAfterFirst;
      return loops->front().variable;
    }
    lease.accumulate = LeaseInfo::Accumulate::kCell;
  }
  if (lease.accumulate == LeaseInfo::Accumulate::kAfterFirst) return 1;
  return Int(r.read_cell(lease.accumulate_cell));
}

// Notes what the lowering needs to hand the slot over to drain by sub-tiles.
void hand_over(Verb& verb, int lease, const Int& accumulate) {
  Recorder& r = verb.recorder;
  LeaseInfo& info = r.leases[static_cast<size_t>(lease)];
  const auto loops = r.loops_since(info.scope);
  info.handover = loops.has_value();
  if (!loops) return;
  kit::HandoverMma handover{lease, accumulate.expr(), {}};
  for (const kit::LoopHeader& loop : *loops) {
    handover.turns.push_back(
        {loop.first.expr(), (loop.variable + loop.step).expr(), loop.limit.expr()});
  }
  verb.hand_over(std::move(handover));
}

// What both kinds of product have; gives m and n.
template <class I>
std::pair<Int, Int> set_operands(Verb& verb, I& i, const TileInfo& sum, const TileInfo& left,
                                 const TileInfo& right, const Int& accumulate) {
  const Int m = min(left.rows, sum.rows), n = min(right.rows, sum.cols);
  i.c = verb.reg(sum.address);
  i.a = verb.reg(left.address);
  i.b = verb.reg(right.address);
  i.m = verb.reg(m);
  i.n = verb.reg(n);
  i.k = verb.reg(min(left.cols, right.cols));
  i.accumulate = verb.reg(accumulate);
  i.c_pitch = verb.reg(sum.pitch);
  return {m, n};
}

void multiply(Verb& verb, const TileInfo& sum, const TileInfo& left, const TileInfo& right,
              const Int& accumulate, const MmaOptions& options) {
  verb.need_same_type(right.type, left.type);
  Mma<Reg> i;
  i.type = left.type;
  i.use_bias = options.bias.has_value();
  const auto [m, n] = set_operands(verb, i, sum, left, right, accumulate);
  i.a_pitch = verb.reg(left.pitch);
  i.b_pitch = verb.reg(right.pitch);
  if (options.bias) {
    const TileInfo row = verb.take(*options.bias);
    verb.need(row, "the bias", {Mem::kBias});
    i.bias = verb.reg(row.address);
  }
  verb.wrote(sum, m, n);
  verb.issue(i, Core::kCube, Unit::kCube);
}

// The operands lie packed by the extents that they were fed with, so these are the product's.
void multiply_scaled(Verb& verb, const TileInfo& sum, const TileInfo& left, const TileInfo& right,
                     const Int& accumulate, const MmaOptions& options) {
  if (!left.scales || !right.scales || !left.whole || !right.whole) {
    verb.fail("a scaled product takes two whole scaled slots");
  }
  if (options.bias) verb.fail("a scaled product takes no bias");
  MmaScaled<Reg> i;
  i.type_a = left.type;
  i.type_b = right.type;
  const auto [m, n] = set_operands(verb, i, sum, left, right, accumulate);
  i.a_scale = verb.reg(left.scales->address);
  i.b_scale = verb.reg(right.scales->address);
  verb.wrote(sum, m, n);
  verb.issue(i, Core::kCube, Unit::kCube);
}

}  // namespace

void Kernel::mma(const Dst& c, const Src& a, const Src& b, const MmaOptions& options, Where at) {
  Verb verb(recorder_.get(), "mma", at);
  const TileInfo sum = verb.take(c), left = verb.take(a), right = verb.take(b);
  verb.need(sum, "the sum", {Mem::kL0C});
  verb.need(left, "A", {Mem::kL0A});
  verb.need(right, "B", {Mem::kL0B});
  LeaseInfo& lease = recorder_->leases[static_cast<size_t>(sum.lease)];
  if (lease.end != End::kPush) verb.fail("the sum is a pushed slot, not a popped one");
  const Type needed = is_float(left.type) ? Type::kF32 : Type::kI32;
  if (sum.type != needed) {
    verb.fail(std::string("products of ") + type_name(left.type) + " add up in " +
              type_name(needed) + ", but " + sum.name + " holds " + type_name(sum.type));
  }
  const Int accumulate = options.accumulate ? Int(1) : accumulate_switch(verb, lease);
  const kit::RingInfo& ring = recorder_->rings[static_cast<size_t>(lease.ring)];
  if (ring.handover && !options.accumulate) hand_over(verb, sum.lease, accumulate);
  const int cell = lease.accumulate == LeaseInfo::Accumulate::kCell && !options.accumulate
                       ? lease.accumulate_cell
                       : -1;
  if (left.scales || right.scales) {
    multiply_scaled(verb, sum, left, right, accumulate, options);
  } else {
    multiply(verb, sum, left, right, accumulate, options);
  }
  if (cell >= 0) recorder_->assign(cell, kit::constant(1));
}

}  // namespace npu
