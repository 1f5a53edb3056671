#include "kernels/ops/rmsnorm.h"

#include <vector>

#include "kernels/kit/kit.h"
#include "kernels/ops/norm_rows.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

detail::NormRows norm_rows(const RmsNormShape& s, int wide) {
  return {.owner = "rmsnorm",
          .rows = s.rows,
          .cols = s.cols,
          .type = s.type,
          .weight_type = s.weight_type,
          .eps = s.eps,
          .weights = s.weighted ? 1 : 0,
          .wide = wide,
          .sums = 1};
}

}  // namespace

void RmsNormShape::check(const Limits& machine) const { norm_rows(*this, 1).check(machine); }

Program rmsnorm(const Limits& machine, const RmsNormShape& s) {
  s.check(machine);
  // The square of a row reads each factor from banks of its own, if there is room for two.
  const bool twice = norm_rows(s, 2).fits(machine);
  const detail::NormTiling tiling = detail::norm_tiling(machine, norm_rows(s, twice ? 2 : 1));
  const int64_t tile = tiling.rows;

  Kernel k{"rmsnorm", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", tile);
  const Extent cols = detail::row_extent(k, "cols", s.cols);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols});
  std::vector<Tensor> weights;
  if (s.weighted) weights.push_back(k.tensor("weight", s.weight_type, {s.cols}));
  const Tensor y = k.tensor("y", s.type, {s.rows, s.cols});
  detail::WideRows wide_weights(k, weights, cols);
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {rows, cols}, tiling.depth);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {rows, cols}, tiling.depth);
  const Tile wide = k.buffer("wide", Type::kF32, {rows, cols}),
             squares = twice ? k.buffer("squares", Type::kF32, {rows, cols}) : wide;
  const Tile scale = k.buffer("scale", Type::kF32, {rows, 1});

  const auto some_rows = [&](Int r, const std::vector<Tile>& held) {
    rows.clip(s.rows - r * tile);
    k.load(x_ub.push(), x.tile(r, 0));
    k.use(x_ub.pop(), [&](Tile row) {
      v.convert(wide, row);
      if (twice) v.convert(squares, row);
      v.mul(squares, squares, wide);
      v.row_sum(scale, squares);
      if (!twice) v.convert(wide, row);
    });
    // Between the sum and what becomes of it: the weights need no scale.
    for (const Tile& weight : held) v.mul(wide, wide, weight);
    v.fma(scale, scale, 1.0 / static_cast<double>(s.cols), s.eps);
    v.rsqrt(scale, scale);
    v.mul(wide, wide, scale);
    v.convert(y_ub.push(), wide);
    k.store(y.tile(r, 0), y_ub.pop());
  };
  wide_weights.hold([&](const std::vector<Tile>& held) {
    k.tasks(detail::ceil_div(s.rows, tile), [&](Int r) { some_rows(r, held); },
            {.per = Per::kVector});
  });
  return k.finish();
}

}  // namespace npu
