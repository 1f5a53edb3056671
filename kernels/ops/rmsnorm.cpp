#include "kernels/ops/rmsnorm.h"

#include <fmt/format.h>

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// Bytes of UB for the weights, and for one row of x: its slots, itself in f32 and the sum of its
// squares.
int64_t weight_bytes(const Limits& machine, const RmsNormShape& s) {
  if (!s.weighted) return 0;
  const int64_t cols = detail::row_columns(s.cols);
  return detail::padded_row(machine, cols, s.weight_type) +
         detail::padded_row(machine, cols, Type::kF32);
}
int64_t row_bytes(const Limits& machine, const RmsNormShape& s, int depth) {
  const int64_t cols = detail::row_columns(s.cols);
  return 2 * depth * detail::padded_row(machine, cols, s.type) +
         detail::padded_row(machine, cols, Type::kF32) + bytes_of(Type::kF32);
}
int64_t room(const Limits& machine) { return static_cast<int64_t>(machine.ub) * 15 / 16; }

}  // namespace

void RmsNormShape::check(const Limits& machine) const {
  detail::ShapeCheck check("rmsnorm", machine);
  check.dimension("rows", rows);
  check.dimension("cols", cols);
  check.float_type("type", type);
  check.float_type("weight type", weight_type);
  check.require(eps >= 0, "eps must not be negative");
  check.done();
  check.require(weight_bytes(machine, *this) + row_bytes(machine, *this, 1) <= room(machine),
                fmt::format("a row of {} elements does not fit the {} bytes of UB of machine {}",
                            cols, machine.ub, machine.machine));
  check.done();
}

Program rmsnorm(const Limits& machine, const RmsNormShape& s) {
  s.check(machine);
  const int64_t left = room(machine) - weight_bytes(machine, s);
  const int depth = row_bytes(machine, s, 2) <= left ? 2 : 1;
  const int64_t fit = left / row_bytes(machine, s, depth);
  const int64_t tile = std::min(fit, detail::ceil_div(s.rows, detail::vector_cores(machine)));

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
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {rows, cols}, depth);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {rows, cols}, depth);
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
