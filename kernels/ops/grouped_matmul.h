// One matrix product an expert, over rows that lie in the order of their experts.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/kit/element_type.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct GroupedShape {
  int64_t rows = 0;  // of all experts together
  int64_t experts = 0, n = 0, k = 0;
  // One of f32 tf32 f16 bf16, summed in f32, or i8, summed in i32; or both with block scales, which
  // the cube multiplies: x of e4m3 in blocks of one row, w of e4m3 or e2m1.
  ElementType x = Type::kF16, w = Type::kF16;
  Type out = Type::kF32;  // of y: f32 f16 bf16, or i32 f32 for i8

  Type sum_type() const { return x.type() == Type::kI8 ? Type::kI32 : Type::kF32; }
  void check(const Limits& machine) const;  // throws InputError
};

// y[rows of e] = x[rows of e] w[e]^T. How many rows an expert has is read on the machine; their sum
// is at most `rows`, and rows beyond it are left alone.
// Parameters: x (rows, k), w (experts, n, k), counts (experts) i32, y (rows, n); behind scaled x
// and w their scales, e8m0: (rows, ceil(k / block)) and (experts, ceil(n / block rows), ceil(k /
// block cols)).
Program grouped_matmul(const Limits& machine, const GroupedShape& shape);

// The values of x and w, decoded, and where they are scaled their scales.
struct GroupedValues {
  std::span<const double> x, x_scale, w, w_scale, counts;
};

// In double, as matmul_reference or scaled_matmul_reference; the counts must sum up to all rows.
Expected grouped_matmul_reference(const GroupedShape& shape, const GroupedValues& values);

}  // namespace npu
