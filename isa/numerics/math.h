// npukit's own exp, ln, sqrt, rsqrt and rec. Only IEEE operations in a fixed order, so the bits are
// the same on every host and for every vector extension; the C library, which may differ from host
// to host, is not asked.
//
// Largest error against the exact value, in units in the last place of the result (kXxxMaxUlp
// below), subnormal inputs and results included. A NaN operand gives the canonical NaN. Special
// values:
//   exp    exp(-inf) = +0, exp(+inf) = +inf; above 88.7228 +inf; below -103.972 +0
//   ln     ln(+0) = ln(-0) = -inf, ln(+inf) = +inf, ln(1) = +0, ln of a negative value is NaN
//   sqrt   sqrt(-0) = -0, sqrt(+inf) = +inf, of a negative value NaN
//   rsqrt  rsqrt(+0) = +inf, rsqrt(-0) = -inf, rsqrt(+inf) = +0, of a negative value NaN
//   rec    rec(+0) = +inf, rec(-0) = -inf, rec(+inf) = +0, rec(-inf) = -0
#pragma once

#include <cstddef>

namespace npu {

inline constexpr double kExpMaxUlp = 0.8;
inline constexpr double kLnMaxUlp = 0.85;
inline constexpr double kSqrtMaxUlp = 0.5;
inline constexpr double kRsqrtMaxUlp = 0.501;
inline constexpr double kRecMaxUlp = 0.5;

float exp_f32(float x);
float ln_f32(float x);
float sqrt_f32(float x);
float rsqrt_f32(float x);
float rec_f32(float x);

// y[i] = f(x[i]) for i < count, the bits of the scalar form; x and y are the same array or
// disjoint.
void exp_f32(const float* x, float* y, size_t count);
void ln_f32(const float* x, float* y, size_t count);
void sqrt_f32(const float* x, float* y, size_t count);
void rsqrt_f32(const float* x, float* y, size_t count);
void rec_f32(const float* x, float* y, size_t count);

}  // namespace npu
