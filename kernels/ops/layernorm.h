// y = (x - mean) / sqrt(variance + eps) * weight + bias, row by row.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct LayerNormShape {
  int64_t rows = 0, cols = 0;
  Type type = Type::kF32;         // of x and y: f32 f16 bf16
  Type weight_type = Type::kF32;  // of weight and bias (cols)
  float eps = 1e-5f;

  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: x (rows, cols), weight (cols), bias (cols), y (rows, cols). y may be x. A row must
// fit the vector cores' UB.
Program layernorm(const Limits& machine, const LayerNormShape& shape);

// In double. The mean is off by the roundings of its sum on the mean magnitude, the deviation by
// half those of the sum of squares; 5 roundings more, on |y| and on |bias|, then that of y.
Expected layernorm_reference(const LayerNormShape& shape, std::span<const double> x,
                             std::span<const double> weight, std::span<const double> bias);

}  // namespace npu
