// y[row] = column of the row's largest element, the first of equals: greedy choice of a token.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct ArgmaxShape {
  int64_t rows = 0, cols = 0;
  Type type = Type::kF32;  // of x: f32 f16 bf16

  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: x (rows, cols), y (rows) i32.
Program argmax(const Limits& machine, const ArgmaxShape& shape);

// Exact.
Expected argmax_reference(const ArgmaxShape& shape, std::span<const double> x);

}  // namespace npu
