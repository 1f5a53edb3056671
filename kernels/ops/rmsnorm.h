// y = x / sqrt(mean(x^2) + eps) * weight, row by row: RMSNorm of a token's channels, or of one
// head's with a row a head.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct RmsNormShape {
  int64_t rows = 0, cols = 0;
  Type type = Type::kF32;         // of x and y: f32 f16 bf16
  Type weight_type = Type::kF32;  // of weight (cols)
  float eps = 1e-5f;
  bool weighted = true;  // false: no weight, no parameter of it

  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: x (rows, cols), [weight (cols)], y (rows, cols). y may be x. A row must fit the
// vector cores' UB.
Program rmsnorm(const Limits& machine, const RmsNormShape& shape);

// In double. The relative error is half that of the sum of squares (row_sum_depth + 3 roundings)
// and 4 roundings more, then the rounding of y.
Expected rmsnorm_reference(const RmsNormShape& shape, std::span<const double> x,
                           std::span<const double> weight);

}  // namespace npu
