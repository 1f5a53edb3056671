#include "kernels/ops/rmsnorm.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/norm_rows.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

detail::NormRows norm_rows(const RmsNormShape& s) {
  return {.owner = "rmsnorm",
          .rows = s.rows,
          .cols = s.cols,
          .type = s.type,
          .weight_type = s.weight_type,
          .eps = s.eps,
          .weights = s.weighted ? 1 : 0,
          .sums = 1};
}

}  // namespace

void RmsNormShape::check(const Limits& machine) const { norm_rows(*this).check(machine); }

Program rmsnorm(const Limits& machine, const RmsNormShape& s) {
  s.check(machine);
  const detail::NormTiling tiling = detail::norm_tiling(machine, norm_rows(s));
  const int64_t tile = tiling.rows;

  Kernel k{"rmsnorm", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", tile);
  const Extent cols = detail::row_extent(k, "cols", s.cols);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols});
  std::optional<Tile> w;
  if (s.weighted) {
    Ring& weight_ub = k.ring("weight_ub", Mem::kUb, s.weight_type, {1, cols}, 1);
    k.load(weight_ub.push(), k.tensor("weight", s.weight_type, {s.cols}));
    w = k.buffer("w", Type::kF32, {1, cols});
    v.convert(*w, weight_ub.pop());
  }
  const Tensor y = k.tensor("y", s.type, {s.rows, s.cols});
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {rows, cols}, tiling.depth);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {rows, cols}, tiling.depth);
  const Tile wide = k.buffer("wide", Type::kF32, {rows, cols});
  const Tile scale = k.buffer("scale", Type::kF32, {rows, 1});

  const auto some_rows = [&](Int r) {
    rows.clip(s.rows - r * tile);
    k.load(x_ub.push(), x.tile(r, 0));
    // The squares take the place of the row, which is converted anew: a second buffer would halve
    // the rows of a tile, and the conversion hides how long the sum takes to the scale.
    k.use(x_ub.pop(), [&](Tile row) {
      v.convert(wide, row);
      v.mul(wide, wide, wide);
      v.row_sum(scale, wide);
      v.convert(wide, row);
    });
    v.fma(scale, scale, 1.0 / static_cast<double>(s.cols), s.eps);
    v.rsqrt(scale, scale);
    v.mul(wide, wide, scale);
    if (w) v.mul(wide, wide, *w);
    v.convert(y_ub.push(), wide);
    k.store(y.tile(r, 0), y_ub.pop());
  };
  k.tasks(detail::ceil_div(s.rows, tile), some_rows, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
