// The collectives' shape, and those that only move: all_gather, all_to_all and broadcast.
#include "kernels/ops/collectives.h"

#include "kernels/ops/collective_tiles.h"
#include "kernels/ops/shape_check.h"

namespace npu {

using detail::Copier;
using detail::others;
using detail::part_of;
using detail::Tiles;

void CollectiveShape::check(std::string_view name, const Limits& machine) const {
  detail::ShapeCheck check(name, machine);
  check.dimension("count", count);
  check.float_type("type", type);
  check.machine_chips(chips);
  check.done();
}

Program all_gather(const Limits& machine, const CollectiveShape& s) {
  s.check("all_gather", machine);
  Kernel k{"all_gather", machine};
  const Tensor x = k.tensor("x", s.type, {s.part()});
  const Tensor y = k.tensor("y", s.type, {s.chips, s.part()});
  const Tiles tiles(k, s, s.part(), Copier::kSlots);
  const Copier copier(k, tiles, s.type);
  detail::to_all(k, s, tiles, copier, x, y);
  return k.finish();
}

Program all_to_all(const Limits& machine, const CollectiveShape& s) {
  s.check("all_to_all", machine);
  Kernel k{"all_to_all", machine};
  const Tensor x = k.tensor("x", s.type, {s.chips, s.part()});
  const Tensor y = k.tensor("y", s.type, {s.chips, s.part()});
  const Tiles tiles(k, s, s.part(), Copier::kSlots);
  const Copier copier(k, tiles, s.type);
  tiles.each(s.part(), [&](Int i) {
    const Tensor to = y[k.chip()];
    others(k, s, i, [&](Int chip) { copier.copy(x[chip].tile(0, i), to.on(chip).tile(0, i)); });
    copier.copy(x[k.chip()].tile(0, i), to.tile(0, i));
  });
  return k.finish();
}

Program broadcast(const Limits& machine, const CollectiveShape& s, Broadcast algorithm) {
  s.check("broadcast", machine);
  Kernel k{"broadcast", machine};
  const Tensor x = k.tensor("x", s.type, {s.count}), y = k.tensor("y", s.type, {s.count});
  const bool star = algorithm == Broadcast::kStar || s.chips == 1;
  const Tiles tiles(k, s, star ? s.count : s.part(), Copier::kSlots);
  const Copier copier(k, tiles, s.type);
  const auto to_others = [&](const Tensor& to, Int i, const Tile& tile) {
    others(k, s, i, [&](Int chip) { k.store(to.on(chip).tile(0, i), tile); });
  };
  if (star) {
    k.when(k.chip() == 0, [&] {
      tiles.each(s.count, [&](Int i) {
        copier.copy(x.tile(0, i), [&](Tile tile) {
          k.store(y.tile(0, i), tile);
          to_others(y, i, tile);
        });
      });
    });
    return k.finish();
  }
  // A tile is the same core's on every chip, which counts for each chip those that it has handed
  // out.
  const int64_t cores = detail::vector_cores(machine);
  const Signal handed = k.signal("handed", s.chips * cores);
  const auto count_of = [&](const Int& chip) {
    return chip * cores + k.group() * k.vectors() + k.vector();
  };
  const auto hand_out = [&](Int chip, Int i) {
    const Tensor part = part_of(x, s, chip);
    copier.copy(part.tile(0, i), part_of(y, s, chip).on(chip).tile(0, i));
    k.when(i * tiles.cols().capacity() < part.dim(0),
           [&] { k.set(handed.at(count_of(chip)), Unit::kStore); });
  };
  k.when(k.chip() == 0, [&] {
    tiles.each(s.part(), [&](Int i) {
      others(k, s, i, [&](Int chip) { hand_out(chip, i); });
      hand_out(0, i);
    });
  });
  const Tensor mine = part_of(y, s, k.chip());
  tiles.each(mine.dim(0), [&](Int i) {
    k.wait(handed.on(0).at(count_of(k.chip())), Unit::kLoad);
    copier.copy(mine.tile(0, i), [&](Tile tile) { to_others(mine, i, tile); });
  });
  return k.finish();
}

}  // namespace npu
