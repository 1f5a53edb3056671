#include "kernels/ops/layernorm.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/norm_rows.h"
#include "kernels/ops/row_sums.h"
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
          .sums = 2,
          .folds = true};
}

}  // namespace

void LayerNormShape::check(const Limits& machine) const { norm_rows(*this).check(machine); }

Program layernorm(const Limits& machine, const LayerNormShape& s) {
  s.check(machine);
  const detail::NormTiling tiling = detail::norm_tiling(machine, norm_rows(s));
  const int64_t tile = tiling.rows;
  const double share = 1.0 / static_cast<double>(s.cols);

  Kernel k{"layernorm", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", tile);
  const Extent cols = detail::row_extent(k, "cols", s.cols);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols});
  Ring& row_ub = k.ring("row_ub", Mem::kUb, s.weight_type, {1, cols}, 2);
  const Tile weight = k.buffer("weight", Type::kF32, {1, cols}),
             bias = k.buffer("bias", Type::kF32, {1, cols});
  k.load(row_ub.push(), k.tensor("weight", s.weight_type, {s.cols}));
  k.load(row_ub.push(), k.tensor("bias", s.weight_type, {s.cols}));
  v.convert(weight, row_ub.pop());
  v.convert(bias, row_ub.pop());
  const Tensor y = k.tensor("y", s.type, {s.rows, s.cols});
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {rows, cols}, tiling.depth);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {rows, cols}, tiling.depth);
  const int64_t parts = detail::row_parts(s.cols);
  const Tile wide = k.buffer("wide", Type::kF32, {rows, cols}),
             scratch =
                 k.buffer("scratch", Type::kF32, {rows, parts > 1 ? Extent(s.cols / parts) : cols});
  const Tile mean = k.buffer("mean", Type::kF32, {rows, 1}),
             scale = k.buffer("scale", Type::kF32, {rows, 1});

  const auto some_rows = [&](Int r) {
    rows.clip(s.rows - r * tile);
    k.load(x_ub.push(), x.tile(r, 0));
    v.convert(wide, x_ub.pop());
    detail::sum_rows(v, mean, wide, scratch);
    v.mul(mean, mean, share);
    v.sub(wide, wide, mean);
    detail::sum_squares(v, scale, wide, scratch);
    v.mul(scale, scale, share);
    v.add(scale, scale, s.eps);
    v.rsqrt(scale, scale);
    v.mul(wide, wide, scale);
    v.fma(wide, wide, weight, bias);
    v.convert(y_ub.push(), wide);
    k.store(y.tile(r, 0), y_ub.pop());
  };
  k.tasks(detail::ceil_div(s.rows, tile), some_rows, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
