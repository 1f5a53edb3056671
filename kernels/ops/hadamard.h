// The Walsh-Hadamard transform of each row: the rotation that spreads outliers before quantising.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct HadamardShape {
  int64_t rows = 0, cols = 0;  // cols a power of two, at least 2
  Type type = Type::kF32;      // of x and y: f32 f16 bf16

  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: x (rows, cols), y like x.
Program hadamard(const Limits& machine, const HadamardShape& shape);

// In double: y = x H / sqrt(cols), H[i, j] = (-1)^popcount(i and j). Each step of log2(cols) rounds
// once, and the scaling.
Expected hadamard_reference(const HadamardShape& shape, std::span<const double> x);

}  // namespace npu
