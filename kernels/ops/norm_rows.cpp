#include "kernels/ops/norm_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/ops/row_sums.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu::detail {

namespace {

int64_t weight_bytes(const Limits& machine, const NormRows& s) {
  const int64_t cols = row_columns(s.cols);
  return s.weights *
         (padded_row(machine, cols, s.weight_type) + padded_row(machine, cols, Type::kF32));
}

// One row: its slots, itself in f32, what its sums are folded in and the sums.
int64_t row_bytes(const Limits& machine, const NormRows& s, int depth) {
  const int64_t cols = row_columns(s.cols);
  const int64_t folded = s.folds ? padded_row(machine, cols / row_parts(cols), Type::kF32) : 0;
  return 2 * depth * padded_row(machine, cols, s.type) + padded_row(machine, cols, Type::kF32) +
         folded + s.sums * bytes_of(Type::kF32);
}

int64_t room(const Limits& machine) { return static_cast<int64_t>(machine.ub) * 15 / 16; }

}  // namespace

void NormRows::check(const Limits& machine) const {
  ShapeCheck check(owner, machine);
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

NormTiling norm_tiling(const Limits& machine, const NormRows& s) {
  const int64_t left = room(machine) - weight_bytes(machine, s);
  const int depth = row_bytes(machine, s, 2) <= left ? 2 : 1;
  const int64_t fit = left / row_bytes(machine, s, depth);
  return {std::min(fit, ceil_div(s.rows, vector_cores(machine))), depth};
}

}  // namespace npu::detail
