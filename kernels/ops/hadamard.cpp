#include "kernels/ops/hadamard.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

void HadamardShape::check(const Limits& machine) const {
  detail::ShapeCheck check("hadamard", machine);
  check.dimension("rows", rows);
  check.dimension("cols", cols);
  check.require(cols >= 2 && std::has_single_bit(static_cast<uint64_t>(cols)),
                "cols must be a power of two, at least 2");
  check.require(cols * 24 <= static_cast<int64_t>(machine.ub) * 3 / 4, "a row must fit UB");
  check.float_type("dtype", type);
  check.done();
}

// Sums and differences of neighbours, sums to the front and differences to the back: that treats
// the lowest bit of the column and makes it the highest, so that after as many turns as there are
// bits every bit is treated and back in its place.
Program hadamard(const Limits& machine, const HadamardShape& s) {
  s.check(machine);
  const int64_t half = s.cols / 2;
  const int64_t row_bytes = 4 * detail::padded_row(machine, s.cols, s.type) +
                            detail::padded_row(machine, s.cols, Type::kF32) +
                            2 * detail::padded_row(machine, half, Type::kF32);
  const int64_t tile = detail::portion(machine, s.rows, row_bytes);

  Kernel k{"hadamard", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", tile);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols});
  const Tensor y = k.tensor("y", s.type, {s.rows, s.cols});
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {rows, s.cols}, 2);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {rows, s.cols}, 2);
  const Tile wide = k.buffer("wide", Type::kF32, {rows, s.cols});
  // One column would lie dense; as a column of two it is padded as the others are.
  const Tile even = k.buffer("even", Type::kF32, {rows, std::max<int64_t>(2, half)}).cols(0, half);
  const Tile odd = k.buffer("odd", Type::kF32, {rows, std::max<int64_t>(2, half)}).cols(0, half);

  const auto some_rows = [&](Int task) {
    rows.clip(s.rows - task * tile);
    k.load(x_ub.push(), x.tile(task, 0), {.hint = Hint::kStream});
    v.convert(wide, x_ub.pop());
    k.loop("bit", std::countr_zero(static_cast<uint64_t>(s.cols)), [&](Int) {
      v.unzip(even, odd, wide);
      v.add(wide.cols_from(0, half), even, odd);
      v.sub(wide.cols_from(half, half), even, odd);
    });
    v.mul(wide, wide, 1 / std::sqrt(static_cast<double>(s.cols)));
    v.convert(y_ub.push(), wide);
    k.store(y.tile(task, 0), y_ub.pop());
  };
  k.tasks(detail::ceil_div(s.rows, tile), some_rows, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
