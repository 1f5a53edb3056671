// c = a w^T with integer weights and float activations: the vector cores turn weights into f16 (or
// bf16) on their way to the cube.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct WeightOnlyShape {
  int64_t m = 0, n = 0, k = 0;  // a is (m, k), w is (n, k), c is (m, n)
  int64_t group = 0;            // columns of k that share a scale; 0: all, one scale a channel
  Type weight = Type::kI8;      // of w: i8 i4
  Type type = Type::kF16;       // of a and of w in the cube: f16 bf16
  Type out = Type::kF32;        // of c: f32 f16 bf16
  int64_t groups() const { return group == 0 ? 1 : (k + group - 1) / group; }
  void check(const Limits& machine) const;
};

// Parameters: a, w, scale, c; scale is f32 (groups(), n). Scales of whole channels are multiplied
// by drain, those of groups by the vector cores.
Program matmul_weight_only(const Limits& machine, const WeightOnlyShape& shape);

// In double. The bound of matmul; with groups, weights times scale are rounded to the type of a
// first, which adds its roundoff times |a| |w s|.
Expected weight_only_reference(const WeightOnlyShape& shape, std::span<const double> a,
                               std::span<const double> w, std::span<const double> scale);

}  // namespace npu
