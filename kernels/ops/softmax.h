// y = exp(x - max) / sum exp(x - max), row by row.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct SoftmaxShape {
  int64_t rows = 0, cols = 0;
  Type type = Type::kF32;  // of x and y: f32 f16 bf16

  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: x (rows, cols), y (rows, cols). Rows of any length: those that do not fit UB go
// through it in pieces, twice.
Program softmax(const Limits& machine, const SoftmaxShape& shape);

// In double. exp(x - max) is off by (max - x + 3) roundings of f32, the sum by the largest of them
// and its tree, the quotient by two more, then the rounding of y.
Expected softmax_reference(const SoftmaxShape& shape, std::span<const double> x);

}  // namespace npu
