#include "isa/numerics/math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "isa/numerics/simd_map.h"

namespace npu {
namespace {

NPU_INLINE float canonical_nan(float x) {
  return x == x ? x : std::bit_cast<float>(uint32_t{0x7fc00000});
}

// 2^exponent for -126 <= exponent <= 127.
NPU_INLINE float power_of_two(int32_t exponent) {
  return std::bit_cast<float>((static_cast<uint32_t>(exponent) + 127u) << 23);
}

struct Unary {
  using Source = float;
  using Target = float;
};

// exp(x) = 2^n exp(r) with |r| <= ln(2) / 2; the polynomial is Cephes' minimax of (exp(r) - 1 - r)
// / r^2.
struct Exp : Unary {
  NPU_INLINE float operator()(float x) const {
    constexpr float kShift = 0x1.8p23f;     // adding it rounds to a whole number
    constexpr float kLn2High = 0x1.63p-1f;  // few bits: n times it is exact
    constexpr float kLn2Low = -2.12194440e-4f;
    const float low = x < -104.0f ? -104.0f : x;
    const float inside = low > 89.0f ? 89.0f : low;
    const float shifted = std::fma(inside, 0x1.715476p+0f, kShift);
    const float n = shifted - kShift;
    const float exact = std::fma(n, -kLn2High, inside);
    const float r = std::fma(n, -kLn2Low, exact);
    const float lost_of_r = std::fma(n, -kLn2Low, exact - r);
    float p = 1.9875691500e-4f;
    p = std::fma(p, r, 1.3981999507e-3f);
    p = std::fma(p, r, 8.3334519073e-3f);
    p = std::fma(p, r, 4.1665795894e-2f);
    p = std::fma(p, r, 1.6666665459e-1f);
    p = std::fma(p, r, 5.0000001201e-1f);
    // 1 + r keeps its rounding error.
    const float sum = 1.0f + r;
    const float lost = (1.0f - sum) + r;
    p = sum + (lost + std::fma(r * r, p, lost_of_r));
    // In two steps, for n reaches from -150 to 128; the first is exact.
    const auto whole =
        static_cast<int32_t>(std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(kShift));
    const int32_t half = whole >> 1;
    return canonical_nan(p * power_of_two(half) * power_of_two(whole - half));
  }
};

// ln(x) = e ln(2) + ln(1 + f) with sqrt(1/2) <= 1 + f < sqrt(2); the polynomial is Cephes' minimax
// of (ln(1 + f) - f + f^2 / 2) / f^3.
struct Ln : Unary {
  NPU_INLINE float operator()(float x) const {
    constexpr uint32_t kSqrtHalf = 0x3f3504f3;
    const bool subnormal = x < std::numeric_limits<float>::min();
    const float normal = subnormal ? x * 0x1p23f : x;
    const uint32_t offset = std::bit_cast<uint32_t>(normal) - kSqrtHalf;
    const int32_t exponent = (static_cast<int32_t>(offset) >> 23) - (subnormal ? 23 : 0);
    const float e = static_cast<float>(exponent);
    const float f = std::bit_cast<float>((offset & 0x7fffff) + kSqrtHalf) - 1.0f;
    float p = 7.0376836292e-2f;
    p = std::fma(p, f, -1.1514610310e-1f);
    p = std::fma(p, f, 1.1676998740e-1f);
    p = std::fma(p, f, -1.2420140846e-1f);
    p = std::fma(p, f, 1.4249322787e-1f);
    p = std::fma(p, f, -1.6668057665e-1f);
    p = std::fma(p, f, 2.0000714765e-1f);
    p = std::fma(p, f, -2.4999993993e-1f);
    p = std::fma(p, f, 3.3333331174e-1f);
    const float square = f * f;
    float low = std::fma(e, -2.12194440e-4f, f * square * p);
    low = std::fma(-0.5f, square, low);
    // The sum of the two leading terms keeps its rounding error: e ln(2) is 0 or larger than f.
    const float lead = e * 0x1.63p-1f;
    const float sum = lead + f;
    const float lost = (lead - sum) + f;
    const float positive = sum + (lost + low);
    const float infinity = std::numeric_limits<float>::infinity();
    const float bounded = x < infinity ? positive : x;  // +inf and NaN stay
    const float valid = x < 0.0f ? std::numeric_limits<float>::quiet_NaN() : bounded;
    return canonical_nan(x == 0.0f ? -infinity : valid);
  }
};

struct Sqrt : Unary {
  NPU_INLINE float operator()(float x) const { return canonical_nan(std::sqrt(x)); }
};

// Through double, so that the second rounding of 1 / sqrt(x) is far below the first.
struct Rsqrt : Unary {
  NPU_INLINE float operator()(float x) const {
    return canonical_nan(static_cast<float>(1.0 / std::sqrt(static_cast<double>(x))));
  }
};

struct Rec : Unary {
  NPU_INLINE float operator()(float x) const { return canonical_nan(1.0f / x); }
};

}  // namespace

float exp_f32(float x) { return Exp()(x); }
float ln_f32(float x) { return Ln()(x); }
float sqrt_f32(float x) { return Sqrt()(x); }
float rsqrt_f32(float x) { return Rsqrt()(x); }
float rec_f32(float x) { return Rec()(x); }

void exp_f32(const float* x, float* y, size_t count) { detail::map(Exp(), x, y, count); }
void ln_f32(const float* x, float* y, size_t count) { detail::map(Ln(), x, y, count); }
void sqrt_f32(const float* x, float* y, size_t count) { detail::map(Sqrt(), x, y, count); }
void rsqrt_f32(const float* x, float* y, size_t count) { detail::map(Rsqrt(), x, y, count); }
void rec_f32(const float* x, float* y, size_t count) { detail::map(Rec(), x, y, count); }

}  // namespace npu
