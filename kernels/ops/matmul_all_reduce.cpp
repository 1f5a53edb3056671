#include "kernels/ops/matmul_all_reduce.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/collective_sums.h"
#include "kernels/ops/product.h"
#include "kernels/ops/shape_check.h"

namespace npu {

void MatmulAllReduceShape::check(const Limits& machine) const {
  detail::ShapeCheck check("matmul_all_reduce", machine);
  check.dimension("m", m);
  check.dimension("n", n);
  check.dimension("k", k);
  check.type("type", type, {Type::kF16, Type::kBf16});
  check.cube_type("type", type);
  check.machine_chips(chips);
  check.done();
}

namespace {

// Tiles that take all groups several turns: as long as it takes to make the first of them, the
// links have nothing to carry. The longer side is cut.
detail::ProductTiling tiling_in_turns(const Limits& machine, detail::ProductShape shape) {
  constexpr int64_t kTurns = 2;
  int64_t& longer = shape.m > shape.n ? shape.m : shape.n;
  longer = detail::ceil_div(longer, kTurns);
  return detail::choose_tiling("matmul_all_reduce", machine, shape);
}

}  // namespace

// The cube cores make a chip's part of every tile of c, and say so in a counter of that chip. Tile
// t is summed by chip t % chips: its vector cores wait for the tile on each chip, add them up and
// store the sum to all. A tile is cut into bands of rows, so that all vector cores have some.
Program matmul_all_reduce(const Limits& machine, const MatmulAllReduceShape& s) {
  using detail::Adder;
  s.check(machine);
  const detail::ProductShape shape{
      .m = s.m, .n = s.n, .k = s.k, .a = s.type, .b = s.type, .b_transposed = true};
  const detail::ProductTiling tiling = tiling_in_turns(machine, shape);

  Kernel k{"matmul_all_reduce", machine};
  const Tensor a = k.tensor("a", s.type, {s.m, s.k}), b = k.tensor("b", s.type, {s.n, s.k});
  const Tensor c = k.tensor("c", s.type, {s.m, s.n});
  const Tensor part = k.workspace("part", s.type, {s.m, s.n}, Per::kChip);
  detail::Product product(k, shape, tiling);
  const int64_t tiles = product.m_tiles() * product.n_tiles();
  const int64_t own = detail::ceil_div(tiles, s.chips);  // of each chip, at most
  const int64_t bands =
      std::clamp<int64_t>(detail::vector_cores(machine) / own, 1, std::min<int64_t>(tiling.m, 4));
  const int64_t band = detail::ceil_div(tiling.m, bands);
  const Signal made = k.signal("made", tiles * bands);

  const int64_t row_bytes = detail::padded_row(machine, tiling.n, s.type),
                wide_row_bytes = detail::padded_row(machine, tiling.n, Type::kF32);
  const int64_t fit = static_cast<int64_t>(machine.ub) * 3 / 4 /
                      (Adder::kSlots * row_bytes + Adder::kSums * wide_row_bytes);
  const Dim rows = k.dim("band_rows", std::clamp<int64_t>(detail::kTileBytes / row_bytes, 1,
                                                          std::max<int64_t>(1, fit)));
  const Dim cols = k.dim("band_cols", detail::row_columns(tiling.n));
  const Adder adder(k, s.type, {rows, cols});

  const auto tile_of = [&](Int tile) {
    const auto [m, n] = k.split(tile, product.m_tiles());
    return detail::ProductTile{a, b, m, n};
  };
  product.tasks(tiles, tile_of, [&](Int number, const detail::ProductTile& tile) {
    product.multiply(tile);
    k.drain(part.tile(tile.m, tile.n), product.pop());
    for (int64_t i = 0; i < bands; ++i) k.set(made.at(number * bands + i), Unit::kDrain);
  });

  const auto one_band = [&](const Int& tile, const Int& i) {
    const auto [m, n] = k.split(tile, product.m_tiles());
    const Int first = m * tiling.m + i * band, col = n * tiling.n;
    const Int last = min(s.m, min(first + band, (m + 1) * tiling.m));
    const auto chip = [&](const Int& turn) { return (tile + turn) % s.chips; };
    k.loop("made", s.chips,
           [&](Int turn) { k.wait(made.on(chip(turn)).at(tile * bands + i), Unit::kLoad); });
    cols.clip(s.n - col);
    k.tiles("rows", max(0, last - first), rows, [&](Int piece) {
      const Int row = first + piece * rows.capacity();
      adder.start(part.on(chip(0)).from(row, col));
      k.loop("chip", s.chips - 1,
             [&](Int turn) { adder.add(part.on(chip(turn + 1)).from(row, col)); });
      adder.finish([&](Tile sum) {
        k.loop("to", s.chips, [&](Int turn) { k.store(c.on(chip(turn)).from(row, col), sum); });
      });
    });
  };
  k.tasks((tiles - k.chip() + (s.chips - 1)) / s.chips * bands,
          [&](Int task) {
            const auto [i, tile] = k.split(task, bands);
            one_band(tile * s.chips + k.chip(), i);
          },
          {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
