// Collectives that add: all_reduce and reduce_scatter.
#include "kernels/ops/collective_tiles.h"

namespace npu {

using detail::Copier;
using detail::kUnderWay;
using detail::others;
using detail::part_of;
using detail::Tiles;

namespace {

// Sums of tiles in f32.
class Adder {
 public:
  static constexpr int kOut = 4, kSlots = kUnderWay + kOut, kSums = 2;
  Adder(Kernel& kernel, const Tiles& tiles, Type type)
      : kernel_(kernel),
        in_(kernel.ring("in", Mem::kUb, type, {1, tiles.cols()}, kUnderWay)),
        out_(kernel.ring("out", Mem::kUb, type, {1, tiles.cols()}, kOut)),
        sum_(kernel.buffer("sum", Type::kF32, {1, tiles.cols()})),
        next_(kernel.buffer("next", Type::kF32, {1, tiles.cols()})) {}

  void start(const View& from) const {
    kernel_.load(in_.push(), from);
    kernel_.vec.convert(sum_, in_.pop());
  }
  void add(const View& from) const {
    kernel_.load(in_.push(), from);
    add(in_);
  }
  void add(Ring& slots) const {
    kernel_.vec.convert(next_, slots.pop());
    kernel_.vec.add(sum_, sum_, next_);
  }
  // The sum, to several places: body(tile) stores it.
  void finish(const std::function<void(Tile)>& body) const {
    kernel_.vec.convert(out_.push(), sum_);
    kernel_.use(out_.pop(), body);
  }
  void finish(const View& to) const {
    finish([&](Tile tile) { kernel_.store(to, tile); });
  }

 private:
  Kernel& kernel_;
  Ring& in_;
  Ring& out_;
  Tile sum_, next_;
};

// The sum over the chips of tile i of x, in the order of a ring from chip i % chips on: the same
// order whoever adds.
void sum_tile(Kernel& k, const Adder& adder, const CollectiveShape& s, const Tensor& x,
              const Int& i) {
  adder.start(x.on(i % s.chips).tile(0, i));
  k.loop("chip", s.chips - 1,
         [&](Int turn) { adder.add(x.on((i + 1 + turn) % s.chips).tile(0, i)); });
}

// In step s a chip makes its neighbour's sum of chunk (chip - 1 - s) one chip longer; then the
// finished chunks go round once more.
void ring(Kernel& k, const CollectiveShape& s, const Tensor& x, const Tensor& y) {
  const Tiles tiles(k, s, s.part(), Copier::kSlots + Adder::kSlots + kUnderWay, Adder::kSums);
  const Copier copier(k, tiles, s.type);
  const Adder adder(k, tiles, s.type);
  // As many of the own tiles as of the neighbour's: the load unit asks for them in turn.
  Ring& own = k.ring("own", Mem::kUb, s.type, {1, tiles.cols()}, kUnderWay);
  const Int chips = s.chips, before = (k.chip() + (chips - 1)) % chips;
  const auto chunk = [&](int64_t steps) { return (k.chip() + (2 * s.chips - steps)) % chips; };
  for (int64_t step = 0; step + 1 < s.chips; ++step) {
    const Tensor mine = part_of(x, s, chunk(1 + step)), out = part_of(y, s, chunk(1 + step));
    const Tensor theirs = (step == 0 ? mine : out).on(before);
    tiles.each(mine.dim(0), [&](Int i) {
      adder.start(theirs.tile(0, i));
      k.load(own.push(), mine.tile(0, i));
      adder.add(own);
      adder.finish(out.tile(0, i));
    });
    k.barrier();
  }
  for (int64_t step = 0; step + 1 < s.chips; ++step) {
    const Tensor out = part_of(y, s, chunk(step));
    tiles.each(out.dim(0), [&](Int i) { copier.copy(out.on(before).tile(0, i), out.tile(0, i)); });
    k.barrier();
  }
}

}  // namespace

Program all_reduce(const Limits& machine, const CollectiveShape& s, AllReduce algorithm) {
  s.check("all_reduce", machine);
  Kernel k{"all_reduce", machine};
  const Tensor x = k.tensor("x", s.type, {s.count}), y = k.tensor("y", s.type, {s.count});
  if (algorithm == AllReduce::kRing && s.chips > 1) {
    ring(k, s, x, y);
    return k.finish();
  }
  const bool all = algorithm == AllReduce::kOneShot || s.chips == 1;
  const Tensor from = all ? x : part_of(x, s, k.chip()), to = all ? y : part_of(y, s, k.chip());
  const Tiles tiles(k, s, all ? s.count : s.part(), Adder::kSlots, Adder::kSums);
  const Adder adder(k, tiles, s.type);
  tiles.each(from.dim(0), [&](Int i) {
    sum_tile(k, adder, s, from, i);
    adder.finish([&](Tile tile) {
      k.store(to.tile(0, i), tile);
      if (!all) others(k, s, i, [&](Int chip) { k.store(to.on(chip).tile(0, i), tile); });
    });
  });
  return k.finish();
}

Program reduce_scatter(const Limits& machine, const CollectiveShape& s) {
  s.check("reduce_scatter", machine);
  Kernel k{"reduce_scatter", machine};
  const Tensor x = k.tensor("x", s.type, {s.chips, s.part()});
  const Tensor y = k.tensor("y", s.type, {s.part()});
  const Tiles tiles(k, s, s.part(), Adder::kSlots, Adder::kSums);
  const Adder adder(k, tiles, s.type);
  const Tensor from = x[k.chip()];
  tiles.each(s.part(), [&](Int i) {
    sum_tile(k, adder, s, from, i);
    adder.finish(y.tile(0, i));
  });
  return k.finish();
}

}  // namespace npu
