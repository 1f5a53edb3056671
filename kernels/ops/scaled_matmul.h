// c = a b^T of narrow floats with block scales: fp8 with 1 x 128 and 128 x 128 blocks, the mx
// formats with 1 x 32, fp8 activations with mxfp4 weights.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/kit/element_type.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct ScaledMatmulShape {
  int64_t m = 0, n = 0, k = 0;  // a is (m, k), b is (n, k), c is (m, n)
  Type a = Type::kE4m3, b = Type::kE4m3;
  ScaleBlock a_block{1, 32}, b_block{1, 32};
  Type scale = Type::kE8m0;  // or f32, which the vector cores multiply by
  Type out = Type::kBf16;    // f32 f16 bf16
  void check(const char* owner, const Limits& machine) const;
};

// Parameters: a, a_scale, b, b_scale, c; the scales are (ceil(rows / block rows), ceil(k / block
// cols)). Powers of two are multiplied in the cube; machines whose cube takes no block scales, or
// not these types, throw InputError.
Program scaled_matmul(const char* name, const Limits& machine, const ScaledMatmulShape& shape);

// The same for scales of f32, or of e8m0 where the cube takes none: e4m3 blocks of 128 of k, one
// product in the cube for each, scaled and added up by the vector cores.
Program block_matmul(const Limits& machine, const ScaledMatmulShape& shape);

// In double, of values already decoded. |error| <= gamma_{k+3} |a s_a| |b s_b| (norms) and the
// rounding of c.
Expected scaled_matmul_reference(const ScaledMatmulShape& shape, std::span<const double> a,
                                 std::span<const double> a_scale, std::span<const double> b,
                                 std::span<const double> b_scale);

}  // namespace npu
