#include "kernels/ops/collectives.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// What the kernels share: tiles of one long row, through UB, to and from any chip.
class Mover {
 public:
  Mover(Kernel& kernel, const CollectiveShape& s, int64_t longest)
      : kernel_(kernel),
        tile_(detail::row_portion(kernel.machine(), longest,
                                  kDepth * 2 * bytes_of(s.type) + 2 * bytes_of(Type::kF32))),
        cols_(kernel.dim("cols", tile_)),
        in_(kernel.ring("in", Mem::kUb, s.type, {1, cols_}, kDepth)),
        out_(kernel.ring("out", Mem::kUb, s.type, {1, cols_}, kDepth)) {}

  // Every vector core takes its tiles of `count` elements.
  void tiles(const Int& count, const std::function<void(Int)>& body) {
    kernel_.tasks((count + (tile_ - 1)) / tile_,
                  [&](Int i) {
                    cols_.clip(count - i * tile_);
                    body(i);
                  },
                  {.per = Per::kVector});
  }

  // Tile i of `from` as it is.
  Tile load(const View& from, const Tile& to) {
    kernel_.load(in_.push(), from);
    kernel_.vec.convert(to, in_.pop());
    return to;
  }
  void store(const View& to, const Tile& from) {
    kernel_.vec.convert(out_.push(), from);
    kernel_.store(to, out_.pop());
  }
  // The tile of one tensor to those of others, bit for bit.
  void copy(const View& from, const std::vector<View>& to) {
    kernel_.load(in_.push(), from);
    kernel_.use(in_.pop(), [&](Tile tile) {
      for (const View& view : to) {
        kernel_.vec.copy(out_.push(), tile);
        kernel_.store(view, out_.pop());
      }
    });
  }

  Tile buffer(const char* name) { return kernel_.buffer(name, Type::kF32, {1, cols_}); }

 private:
  static constexpr int kDepth = 2;
  Kernel& kernel_;
  int64_t tile_;
  Dim cols_;
  Ring& in_;
  Ring& out_;
};

// The part of a vector that belongs to a chip.
Tensor part_of(const Tensor& whole, const CollectiveShape& s, const Int& chip) {
  const Int first = chip * s.part();
  return whole.rows(first, max(min(s.count - first, s.part()), 0));
}

// y[...] = sum over the chips of x, tile by tile, in the order of their numbers.
void sum_tile(Kernel& k, Mover& mover, const CollectiveShape& s, const Tensor& x, Int i,
              const Tile& sum, const Tile& next) {
  mover.load(x.on(0).tile(0, i), sum);
  for (int64_t chip = 1; chip < s.chips; ++chip) {
    k.vec.add(sum, sum, mover.load(x.on(chip).tile(0, i), next));
  }
}

// In step s a chip makes its neighbour's sum of chunk (chip - 1 - s) one chip longer; then the
// finished chunks go round once more.
void ring(Kernel& k, Mover& mover, const CollectiveShape& s, const Tensor& x, const Tensor& y) {
  const Int chips = s.chips, before = (k.chip() + (chips - 1)) % chips;
  const Tile sum = mover.buffer("sum"), next = mover.buffer("next");
  const auto chunk = [&](int64_t steps) { return (k.chip() + (2 * s.chips - steps)) % chips; };
  for (int64_t step = 0; step + 1 < s.chips; ++step) {
    const Tensor mine = part_of(x, s, chunk(1 + step)), out = part_of(y, s, chunk(1 + step));
    const Tensor theirs = (step == 0 ? mine : out).on(before);
    mover.tiles(mine.dim(0), [&](Int i) {
      mover.load(theirs.tile(0, i), sum);
      k.vec.add(sum, sum, mover.load(mine.tile(0, i), next));
      mover.store(out.tile(0, i), sum);
    });
    k.barrier();
  }
  for (int64_t step = 0; step + 1 < s.chips; ++step) {
    const Tensor out = part_of(y, s, chunk(step));
    mover.tiles(out.dim(0),
                [&](Int i) { mover.copy(out.on(before).tile(0, i), {out.tile(0, i)}); });
    k.barrier();
  }
}

// The tensors' tile on every chip, the own one last: no two chips begin with the same.
std::vector<View> everywhere(Kernel& k, const CollectiveShape& s, const Tensor& tensor, Int i) {
  std::vector<View> views;
  for (int64_t away = 1; away <= s.chips; ++away) {
    views.push_back(tensor.on((k.chip() + away) % s.chips).tile(0, i));
  }
  return views;
}

}  // namespace

void CollectiveShape::check(std::string_view name, const Limits& machine) const {
  detail::ShapeCheck check(name, machine);
  check.dimension("count", count);
  check.float_type("type", type);
  check.require(chips == machine.chips, "made for " + std::to_string(chips) +
                                            " chips, the machine has " +
                                            std::to_string(machine.chips));
  check.done();
}

Program all_reduce(const Limits& machine, const CollectiveShape& s, AllReduce algorithm) {
  s.check("all_reduce", machine);
  Kernel k{"all_reduce", machine};
  const Tensor x = k.tensor("x", s.type, {s.count}), y = k.tensor("y", s.type, {s.count});
  Mover mover(k, s, algorithm == AllReduce::kOneShot ? s.count : s.part());
  if (algorithm == AllReduce::kRing && s.chips > 1) {
    ring(k, mover, s, x, y);
    return k.finish();
  }
  const bool all = algorithm == AllReduce::kOneShot || s.chips == 1;
  const Tensor from = all ? x : part_of(x, s, k.chip()), to = all ? y : part_of(y, s, k.chip());
  const Tile sum = mover.buffer("sum"), next = mover.buffer("next");
  mover.tiles(from.dim(0), [&](Int i) {
    sum_tile(k, mover, s, from, i, sum, next);
    const std::vector<View> targets =
        all ? std::vector<View>{to.tile(0, i)} : everywhere(k, s, to, i);
    for (const View& target : targets) mover.store(target, sum);
  });
  return k.finish();
}

Program reduce_scatter(const Limits& machine, const CollectiveShape& s) {
  s.check("reduce_scatter", machine);
  Kernel k{"reduce_scatter", machine};
  const Tensor x = k.tensor("x", s.type, {s.chips, s.part()});
  const Tensor y = k.tensor("y", s.type, {s.part()});
  Mover mover(k, s, s.part());
  const Tensor from = x[k.chip()];
  const Tile sum = mover.buffer("sum"), next = mover.buffer("next");
  mover.tiles(s.part(), [&](Int i) {
    sum_tile(k, mover, s, from, i, sum, next);
    mover.store(y.tile(0, i), sum);
  });
  return k.finish();
}

Program all_gather(const Limits& machine, const CollectiveShape& s) {
  s.check("all_gather", machine);
  Kernel k{"all_gather", machine};
  const Tensor x = k.tensor("x", s.type, {s.part()});
  const Tensor y = k.tensor("y", s.type, {s.chips, s.part()});
  Mover mover(k, s, s.part());
  const Tensor to = y[k.chip()];
  mover.tiles(s.part(), [&](Int i) { mover.copy(x.tile(0, i), everywhere(k, s, to, i)); });
  return k.finish();
}

Program all_to_all(const Limits& machine, const CollectiveShape& s) {
  s.check("all_to_all", machine);
  Kernel k{"all_to_all", machine};
  const Tensor x = k.tensor("x", s.type, {s.chips, s.part()});
  const Tensor y = k.tensor("y", s.type, {s.chips, s.part()});
  Mover mover(k, s, s.part());
  mover.tiles(s.part(), [&](Int i) {
    for (int64_t away = 1; away <= s.chips; ++away) {
      const Int chip = (k.chip() + away) % s.chips;
      mover.copy(x[chip].tile(0, i), {y[k.chip()].on(chip).tile(0, i)});
    }
  });
  return k.finish();
}

Program broadcast(const Limits& machine, const CollectiveShape& s, Broadcast algorithm) {
  s.check("broadcast", machine);
  Kernel k{"broadcast", machine};
  const Tensor x = k.tensor("x", s.type, {s.count}), y = k.tensor("y", s.type, {s.count});
  Mover mover(k, s, algorithm == Broadcast::kStar ? s.count : s.part());
  if (algorithm == Broadcast::kStar || s.chips == 1) {
    k.when(k.chip() == 0, [&] {
      mover.tiles(s.count, [&](Int i) { mover.copy(x.tile(0, i), everywhere(k, s, y, i)); });
    });
    return k.finish();
  }
  k.when(k.chip() == 0, [&] {
    mover.tiles(s.part(), [&](Int i) {
      for (int64_t chip = 0; chip < s.chips; ++chip) {
        mover.copy(part_of(x, s, chip).tile(0, i), {part_of(y, s, chip).on(chip).tile(0, i)});
      }
    });
  });
  k.barrier();
  const Tensor mine = part_of(y, s, k.chip());
  mover.tiles(mine.dim(0), [&](Int i) {
    for (int64_t away = 1; away < s.chips; ++away) {
      mover.copy(mine.tile(0, i), {mine.on((k.chip() + away) % s.chips).tile(0, i)});
    }
  });
  return k.finish();
}

}  // namespace npu
