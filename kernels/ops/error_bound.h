// The pieces every operator's error bound is made of: the unit roundoff of a type, the error of a
// chain of roundings and that of the last conversion. A bound is an absolute error per element.
#pragma once

#include <cmath>
#include <vector>

#include "isa/types.h"

namespace npu {

// Half the distance from 1 to the next value: the largest relative error of one rounding.
constexpr double unit_roundoff(Type type) {
  switch (type) {
    case Type::kF32:
      return 0x1p-24;
    case Type::kTf32:
    case Type::kF16:
      return 0x1p-11;
    case Type::kBf16:
      return 0x1p-8;
    case Type::kE4m3:
      return 0x1p-4;
    case Type::kE5m2:
      return 0x1p-3;
    default:
      return 0;
  }
}

// Half the smallest step of a type: what rounding can cost next to zero.
constexpr double smallest_half_step(Type type) {
  switch (type) {
    case Type::kF32:
      return 0x1p-150;
    case Type::kTf32:
      return 0x1p-137;
    case Type::kF16:
      return 0x1p-25;
    case Type::kBf16:
      return 0x1p-134;
    case Type::kE4m3:
      return 0x1p-10;
    case Type::kE5m2:
      return 0x1p-17;
    case Type::kI8:
      return 0.5;
    default:
      return 0;
  }
}

// Higham's gamma: a chain of n roundings of f32 is off by at most this, relatively.
inline double gamma_f32(double n) {
  const double nu = n * unit_roundoff(Type::kF32);
  return nu / (1 - nu);
}

// What n roundings of f32 reach if they are independent and as often up as down, but for one chain
// in 10^12: lambda = 8 of N. J. Higham and T. Mary, SIAM J. Sci. Comput. 41 (2019), A2815. For
// chains so long that gamma_f32 says nothing.
inline double likely_gamma_f32(double n) {
  constexpr double kLambda = 8;
  const double u = unit_roundoff(Type::kF32);
  return std::fmin(gamma_f32(n), std::expm1(kLambda * std::sqrt(n) * u + n * u * u / (1 - u)));
}

// Roundings on the way of one element through row_sum: its lane, then the tree over 64 lanes.
inline double row_sum_depth(int64_t count) { return static_cast<double>((count + 63) / 64 + 6); }

// `error` before the result is rounded to `type`, and that rounding.
inline double with_rounding(Type type, double want, double error) {
  return error + unit_roundoff(type) * (std::fabs(want) + error) + smallest_half_step(type);
}

// What an operator should give and how far each element may be off.
struct Expected {
  std::vector<double> want;
  std::vector<double> bound;
};

}  // namespace npu
