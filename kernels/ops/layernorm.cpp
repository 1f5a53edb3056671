#include "kernels/ops/layernorm.h"

#include <cmath>
#include <vector>

#include "kernels/kit/kit.h"
#include "kernels/ops/norm_rows.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

detail::NormRows norm_rows(const LayerNormShape& s) {
  return {.owner = "layernorm",
          .rows = s.rows,
          .cols = s.cols,
          .type = s.type,
          .weight_type = s.weight_type,
          .eps = s.eps,
          .weights = 2,
          .wide = 2,
          .sums = 2};
}

// Some rows of a tile on their way.
struct Part {
  int64_t first = 0;  // row of the tile
  Dim rows;
  Ring &x_ub, &y_ub;
  Tile wide, squares, sum, scale;
};

}  // namespace

void LayerNormShape::check(const Limits& machine) const { norm_rows(*this).check(machine); }

// Two halves of a tile take turns, so that neither waits for the result that it has just asked for.
// Deviations are n times too large and of the other sign: sum - n x needs no mean. eps joins each
// square as n^2 eps, so that the sum of a row is n^3 (variance + eps); the weights put it right.
Program layernorm(const Limits& machine, const LayerNormShape& s) {
  s.check(machine);
  const detail::NormTiling tiling = detail::norm_tiling(machine, norm_rows(s));
  const int64_t parts = std::min<int64_t>(2, tiling.rows), part = tiling.rows / parts,
                tile = parts * part;
  const double n = static_cast<double>(s.cols);

  Kernel k{"layernorm", machine};
  Vec& v = k.vec;
  const Extent cols = detail::row_extent(k, "cols", s.cols);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols});
  const Tensor weight_row = k.tensor("weight", s.weight_type, {s.cols}),
               bias_row = k.tensor("bias", s.weight_type, {s.cols});
  const Tensor y = k.tensor("y", s.type, {s.rows, s.cols});
  detail::WideRows weight_and_bias(k, {weight_row, bias_row}, cols);
  std::vector<Part> all;
  for (int64_t i = 0; i < parts; ++i) {
    const Dim rows = k.dim("rows", part);
    all.push_back({.first = i * part,
                   .rows = rows,
                   .x_ub = k.ring("x_ub", Mem::kUb, s.type, {rows, cols}, tiling.depth),
                   .y_ub = k.ring("y_ub", Mem::kUb, s.type, {rows, cols}, tiling.depth),
                   .wide = k.buffer("wide", Type::kF32, {rows, cols}),
                   .squares = k.buffer("squares", Type::kF32, {rows, cols}),
                   .sum = k.buffer("sum", Type::kF32, {rows, 1}),
                   .scale = k.buffer("scale", Type::kF32, {rows, 1})});
  }
  const auto each = [&](const auto& step) {
    for (const Part& p : all) step(p);
  };

  const auto some_rows = [&](Int row, const Tile& weight, const Tile& bias) {
    each([&](const Part& p) {
      p.rows.clip(s.rows - row - p.first);
      k.load(p.x_ub.push(), x.from(row + p.first, 0));
    });
    each([&](const Part& p) { v.convert(p.wide, p.x_ub.pop()); });
    each([&](const Part& p) { v.row_sum(p.sum, p.wide); });
    each([&](const Part& p) { v.fma(p.wide, p.wide, -n, p.sum); });
    each([&](const Part& p) { v.fma(p.squares, p.wide, p.wide, n * n * double{s.eps}); });
    each([&](const Part& p) { v.row_sum(p.scale, p.squares); });
    each([&](const Part& p) {
      v.rsqrt(p.scale, p.scale);
      v.mul(p.wide, p.wide, weight);
    });
    each([&](const Part& p) { v.fma(p.wide, p.wide, p.scale, bias); });
    each([&](const Part& p) { v.convert(p.y_ub.push(), p.wide); });
    each([&](const Part& p) { k.store(y.from(row + p.first, 0), p.y_ub.pop()); });
  };
  weight_and_bias.hold([&](const std::vector<Tile>& held) {
    v.mul(held[0], held[0], -std::sqrt(n));
    k.tasks(detail::ceil_div(s.rows, tile), [&](Int r) { some_rows(r * tile, held[0], held[1]); },
            {.per = Per::kVector});
  });
  return k.finish();
}

}  // namespace npu
