// Floating-point values to integer codes: round to a whole number, then saturate; NaN gives 0.
// Private to numerics.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "isa/numerics/round.h"
#include "isa/numerics/simd_map.h"

namespace npu::detail {

// A whole number in the sense of `round`; the host rounds to nearest even, as everything here takes
// for granted.
template <Round round, class Source>
NPU_INLINE Source round_whole(Source x) {
  if constexpr (round == Round::kNearestEven) return std::nearbyint(x);
  if constexpr (round == Round::kZero) return std::trunc(x);
  if constexpr (round == Round::kFloor) return std::floor(x);
  return std::ceil(x);
}

// A whole number to an integer of `bits` bits, signed or not.
template <int bits, bool is_signed, class Source>
NPU_INLINE uint32_t saturate_whole(Source x) {
  constexpr int64_t kLowest = is_signed ? -(int64_t{1} << (bits - 1)) : 0;
  constexpr int64_t kLargest = (int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
  // The largest float that is not above kLargest: the two differ for 32 bits in a float.
  constexpr int kDigits = std::numeric_limits<Source>::digits;
  constexpr int kValueBits = is_signed ? bits - 1 : bits;
  constexpr int kLost = kValueBits > kDigits ? kValueBits - kDigits : 0;
  constexpr Source kHigh = static_cast<Source>((kLargest >> kLost) << kLost);
  constexpr Source kLow = static_cast<Source>(kLowest);
  const Source number = x == x ? x : Source{0};
  const Source at_least = number < kLow ? kLow : number;
  const Source inside = at_least > kHigh ? kHigh : at_least;
  using Whole = std::conditional_t < is_signed || bits<32, int32_t, uint32_t>;
  const uint32_t code = static_cast<uint32_t>(static_cast<Whole>(inside));
  return number > kHigh ? static_cast<uint32_t>(kLargest) : code;
}

}  // namespace npu::detail
