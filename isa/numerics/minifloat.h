// Every floating-point type of the machine as one template over its exponent and mantissa widths:
// the definition of what a code means and of how a value rounds to a code. Integer arithmetic only,
// no branches: bits do not depend on the host's rounding mode or on flush-to-zero, and the loops
// over it vectorise. Private to numerics; callers use scalar.h and convert.h.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "isa/numerics/round.h"
#include "isa/numerics/simd_map.h"

namespace npu::detail {

// What the top codes stand for.
enum class Special {
  kIeee,  // infinity and NaN
  kNan,   // only the all-ones code, a NaN
  kNone,  // every code is finite
};

template <int exponent_bits, int mantissa_bits, Special special>
struct MiniFloat {
  static constexpr int kMantissa = mantissa_bits;
  static constexpr int kBias = (1 << (exponent_bits - 1)) - 1;
  static constexpr Special kSpecial = special;
  static constexpr uint32_t kSign = 1u << (exponent_bits + mantissa_bits);
  static constexpr uint32_t kTopExponent = kSign - (1u << mantissa_bits);
  static constexpr uint32_t kMaxFinite = special == Special::kIeee  ? kTopExponent - 1
                                         : special == Special::kNan ? kSign - 2
                                                                    : kSign - 1;
  // The one NaN that results have. A type without NaN gives its largest value.
  static constexpr uint32_t kNan =
      special == Special::kIeee ? kTopExponent | (1u << (mantissa_bits - 1)) : kSign - 1;
  // What lies above the largest finite value.
  static constexpr uint32_t kOverflow = special == Special::kIeee ? kTopExponent : kSign - 1;
  using Code = std::conditional_t<(kSign > 0x8000u), uint32_t,
                                  std::conditional_t<(kSign > 0x80u), uint16_t, uint8_t>>;
};

using F32 = MiniFloat<8, 23, Special::kIeee>;
using Tf32 = MiniFloat<8, 10, Special::kIeee>;  // the code is the upper 19 bits of what is stored
using F16 = MiniFloat<5, 10, Special::kIeee>;
using Bf16 = MiniFloat<8, 7, Special::kIeee>;
using E4m3 = MiniFloat<4, 3, Special::kNan>;
using E5m2 = MiniFloat<5, 2, Special::kIeee>;
using E2m1 = MiniFloat<2, 1, Special::kNone>;

inline constexpr uint32_t kCanonicalNan = F32::kNan;

// A rounding mode as masks (all ones or zero), so that one loop serves all of them.
struct RoundMask {
  uint32_t nearest;
  uint32_t up_positive;  // away from zero when positive
  uint32_t up_negative;

  explicit constexpr RoundMask(Round round)
      : nearest(round == Round::kNearestEven ? ~0u : 0u),
        up_positive(round == Round::kCeil ? ~0u : 0u),
        up_negative(round == Round::kFloor ? ~0u : 0u) {}
};

// float and double as sources of a rounding.
template <class T>
struct SourceFormat;
template <>
struct SourceFormat<float> {
  using Bits = uint32_t;
  static constexpr int kMantissa = 23, kBias = 127;
};
template <>
struct SourceFormat<double> {
  using Bits = uint64_t;
  static constexpr int kMantissa = 52, kBias = 1023;
};

// The code nearest to `x` in the sense of `round`. Beyond the largest finite value: that value if
// `saturate` or if the mode rounds towards zero there, else infinity (NaN where there is none). NaN
// gives the canonical NaN.
template <class F, class Source>
NPU_INLINE constexpr uint32_t encode_float(Source x, RoundMask round, bool saturate) {
  using S = SourceFormat<Source>;
  using Bits = typename S::Bits;
  using Signed = std::make_signed_t<Bits>;
  constexpr Bits kOne = 1;
  constexpr Bits kSourceSign = kOne << (sizeof(Bits) * 8 - 1);
  constexpr Bits kSourceInf = kSourceSign - (kOne << S::kMantissa);
  constexpr Signed kDrop = S::kMantissa - F::kMantissa;

  const Bits bits = std::bit_cast<Bits>(x);
  const Bits magnitude = bits & (kSourceSign - 1);
  const bool negative = bits != magnitude;
  const Signed field = static_cast<Signed>(magnitude >> S::kMantissa);
  const Bits hidden = field != 0 ? kOne << S::kMantissa : Bits{0};
  const Bits mantissa = (magnitude & ((kOne << S::kMantissa) - 1)) | hidden;
  const Signed exponent = (field != 0 ? field : Signed{1}) - S::kBias + F::kBias;

  const Signed below = exponent >= 1 ? Signed{0} : 1 - exponent;  // a subnormal result
  const Signed drop = below > F::kMantissa + 2 ? kDrop + F::kMantissa + 2 : kDrop + below;
  const Bits mask = (kOne << drop) - 1;
  const Bits last = (mantissa >> drop) & 1;
  const Bits up = static_cast<Bits>(static_cast<std::make_signed_t<uint32_t>>(
      negative ? round.up_negative : round.up_positive));  // sign extension keeps a full mask
  const Bits nearest = static_cast<Bits>(static_cast<std::make_signed_t<uint32_t>>(round.nearest));
  const Bits increment = (nearest & ((mask >> 1) + last) & mask) | (up & mask);
  const Bits kept = (mantissa + increment) >> drop;  // carries the hidden bit of a normal number
  const Bits base = exponent >= 1 ? static_cast<Bits>(exponent - 1) << F::kMantissa : Bits{0};
  const Bits code = kept + base;

  const bool away = ((nearest | up) != 0) | (magnitude == kSourceInf);
  const uint32_t beyond = (saturate | !away) ? F::kMaxFinite : F::kOverflow;
  const bool over = (code > F::kMaxFinite) | (magnitude == kSourceInf);
  const uint32_t result = over ? beyond : static_cast<uint32_t>(code);
  const bool is_nan =
      (magnitude > kSourceInf) | ((F::kSpecial == Special::kNan) & (result == F::kNan));
  return is_nan ? F::kNan : result | (negative ? F::kSign : 0u);
}

// The exact value of a code; NaN codes give the canonical NaN.
template <class F>
NPU_INLINE constexpr float decode_float(uint32_t code) {
  constexpr int kShift = 23 - F::kMantissa;
  const uint32_t magnitude = code & (F::kSign - 1);
  const uint32_t sign = (code & F::kSign) != 0 ? 0x80000000u : 0u;
  uint32_t bits = magnitude << kShift;
  if constexpr (F::kBias != 127) {
    constexpr uint32_t kRebias = static_cast<uint32_t>(127 - F::kBias) << 23;
    constexpr float kSmallest =
        std::bit_cast<float>(static_cast<uint32_t>(127 + 1 - F::kBias - F::kMantissa) << 23);
    const float subnormal = static_cast<float>(static_cast<int32_t>(magnitude)) * kSmallest;
    bits = magnitude < (1u << F::kMantissa) ? std::bit_cast<uint32_t>(subnormal) : bits + kRebias;
    if constexpr (F::kSpecial == Special::kIeee) {
      bits = magnitude == F::kTopExponent ? 0x7f800000u : bits;
    }
  }
  bits |= sign;
  if constexpr (F::kSpecial == Special::kIeee) {
    bits = magnitude > F::kTopExponent ? kCanonicalNan : bits;
  } else if constexpr (F::kSpecial == Special::kNan) {
    bits = magnitude == F::kNan ? kCanonicalNan : bits;
  }
  return std::bit_cast<float>(bits);
}

// e8m0, a power of two: a value below 2^-127 gives 2^-127, above 2^127 NaN (2^127 if `saturate`), a
// negative one NaN.
template <class Source>
NPU_INLINE constexpr uint32_t encode_e8m0(Source x, RoundMask round, bool saturate) {
  using S = SourceFormat<Source>;
  using Bits = typename S::Bits;
  constexpr Bits kOne = 1;
  constexpr Bits kSourceSign = kOne << (sizeof(Bits) * 8 - 1);
  constexpr Bits kSourceInf = kSourceSign - (kOne << S::kMantissa);
  constexpr Bits kMask = (kOne << S::kMantissa) - 1;
  constexpr Bits kHalf = kOne << (S::kMantissa - 1);

  const Bits bits = std::bit_cast<Bits>(x);
  const Bits magnitude = bits & (kSourceSign - 1);
  // Between 2^-127 and 2^-126 a float is subnormal: the upper half of its mantissa plays the part
  // of the hidden bit.
  const bool subnormal = sizeof(Bits) == 4 && magnitude <= kMask;
  const Bits fraction =
      subnormal ? (magnitude - (magnitude >= kHalf ? kHalf : magnitude)) << 1 : magnitude & kMask;
  const int field = static_cast<int>(magnitude >> S::kMantissa) - S::kBias + 127;
  const bool odd = (field & 1) != 0 && !subnormal;
  const bool nearest_up = fraction > kHalf || (fraction == kHalf && odd);
  const bool up = (round.nearest != 0 && nearest_up) || (round.up_positive != 0 && fraction != 0);
  const int exponent = (subnormal ? 0 : field) + (up ? 1 : 0);
  const uint32_t beyond = saturate ? 0xfeu : 0xffu;
  const uint32_t code = exponent < 0     ? 0u
                        : exponent > 254 ? beyond
                                         : static_cast<uint32_t>(exponent);
  const bool is_nan = magnitude > kSourceInf || (bits != magnitude && magnitude != 0);
  return is_nan ? 0xffu : code;
}

NPU_INLINE constexpr float decode_e8m0(uint32_t code) {
  const uint32_t normal = (code & 0xff) << 23;
  return std::bit_cast<float>((code & 0xff) == 0      ? 0x00400000u
                              : (code & 0xff) == 0xff ? kCanonicalNan
                                                      : normal);
}

}  // namespace npu::detail
