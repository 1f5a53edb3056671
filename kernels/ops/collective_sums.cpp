// Collectives that add: all_reduce and reduce_scatter.
#include "kernels/ops/collective_sums.h"

#include "kernels/ops/collective_tiles.h"

namespace npu {

using detail::Adder;
using detail::Copier;
using detail::kUnderWay;
using detail::others;
using detail::part_of;
using detail::Tiles;
using detail::vector_cores;

namespace {

// The sum over the chips of tile i of x, in the order of a ring from chip i % chips on: the same
// order whoever adds.
void sum_tile(Kernel& k, const Adder& adder, const CollectiveShape& s, const Tensor& x,
              const Int& i) {
  adder.start(x.on(i % s.chips).tile(0, i));
  k.loop("chip", s.chips - 1,
         [&](Int turn) { adder.add(x.on((i + 1 + turn) % s.chips).tile(0, i)); });
}

// In step s a chip makes its neighbour's sum of chunk (chip - 1 - s) one chip longer; then the
// finished chunks go round once more. A tile is always the same core's, which counts those that it
// has stored: its twin on the next chip goes on as soon as there is one more.
void ring(Kernel& k, const CollectiveShape& s, const Tensor& x, const Tensor& y) {
  const Tiles tiles(k, s, s.part(), Copier::kSlots + Adder::kSlots + kUnderWay, Adder::kSums);
  const Copier copier(k, tiles, s.type);
  const Adder adder(k, s.type, {1, tiles.cols()});
  // As many of the own tiles as of the neighbour's: the load unit asks for them in turn.
  Ring& own = k.ring("own", Mem::kUb, s.type, {1, tiles.cols()}, kUnderWay);
  const Signal stored = k.signal("stored", vector_cores(k.machine()));
  const Int chips = s.chips, before = (k.chip() + (chips - 1)) % chips;
  const Int core = k.group() * k.vectors() + k.vector();
  const auto chunk = [&](int64_t steps) { return (k.chip() + (2 * s.chips - steps)) % chips; };
  for (int64_t step = 0; step + 1 < s.chips; ++step) {
    const Tensor mine = part_of(x, s, chunk(1 + step)), out = part_of(y, s, chunk(1 + step));
    const Tensor theirs = (step == 0 ? mine : out).on(before);
    tiles.each(mine.dim(0), [&](Int i) {
      if (step > 0) k.wait(stored.on(before).at(core), Unit::kLoad);
      adder.start(theirs.tile(0, i));
      k.load(own.push(), mine.tile(0, i));
      adder.add(own);
      adder.finish(out.tile(0, i));
      k.set(stored.at(core), Unit::kStore);
    });
  }
  for (int64_t step = 0; step + 1 < s.chips; ++step) {
    const bool last = step + 2 == s.chips;
    const Tensor out = part_of(y, s, chunk(step));
    tiles.each(out.dim(0), [&](Int i) {
      k.wait(stored.on(before).at(core), Unit::kLoad);
      copier.copy(out.on(before).tile(0, i), out.tile(0, i));
      if (!last) k.set(stored.at(core), Unit::kStore);
    });
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
  const Adder adder(k, s.type, {1, tiles.cols()});
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
  const Adder adder(k, s.type, {1, tiles.cols()});
  const Tensor from = x[k.chip()];
  tiles.each(s.part(), [&](Int i) {
    sum_tile(k, adder, s, from, i);
    adder.finish(y.tile(0, i));
  });
  return k.finish();
}

}  // namespace npu
