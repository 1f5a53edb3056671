#include "sim/functional/scalar.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace npu {

namespace {

constexpr auto kLowest = std::numeric_limits<int64_t>::min();
constexpr auto kLargest = std::numeric_limits<int64_t>::max();
constexpr uint32_t kNan = 0x7fc00000u;

int64_t as_signed(uint64_t x) { return static_cast<int64_t>(x); }
uint64_t as_unsigned(int64_t x) { return static_cast<uint64_t>(x); }
float as_float(uint64_t x) { return std::bit_cast<float>(static_cast<uint32_t>(x)); }

// Hosts differ in the NaN they make: results have one.
uint64_t from_float(float x) { return x == x ? std::bit_cast<uint32_t>(x) : kNan; }

uint64_t high_product(uint64_t a, uint64_t b) {
  const uint64_t low_a = a & 0xffffffff, high_a = a >> 32, low_b = b & 0xffffffff, high_b = b >> 32;
  const uint64_t middle = high_a * low_b + (low_a * low_b >> 32);
  const uint64_t other = low_a * high_b + (middle & 0xffffffff);
  return high_a * high_b + (middle >> 32) + (other >> 32);
}

double round_whole(double x, RoundMode round) {
  switch (round) {
    case RoundMode::kRne:
      return std::nearbyint(x);
    case RoundMode::kRz:
      return std::trunc(x);
    case RoundMode::kFloor:
      return std::floor(x);
    case RoundMode::kCeil:
      return std::ceil(x);
  }
  return x;
}

uint64_t to_integer(float x, RoundMode round) {
  if (x != x) return 0;
  const double whole = round_whole(static_cast<double>(x), round);
  if (whole >= 0x1p63) return as_unsigned(kLargest);
  if (whole < -0x1p63) return as_unsigned(kLowest);
  return as_unsigned(static_cast<int64_t>(whole));
}

// The f32 nearest to an integer in the sense of `round`: the upper 24 bits and what the rest says.
float from_integer(int64_t x, RoundMode round) {
  const bool negative = x < 0;
  const uint64_t magnitude = negative ? 0 - as_unsigned(x) : as_unsigned(x);
  const int drop = std::max(0, 40 - std::countl_zero(magnitude | 1));
  uint64_t kept = magnitude >> drop;
  const uint64_t rest = magnitude - (kept << drop);
  const uint64_t half = drop > 0 ? uint64_t{1} << (drop - 1) : 0;
  const bool up = (round == RoundMode::kRne && (rest > half || (rest == half && kept % 2 != 0))) ||
                  (round == RoundMode::kFloor && negative) ||
                  (round == RoundMode::kCeil && !negative);
  if (rest != 0 && up) ++kept;
  const float value = std::ldexp(static_cast<float>(kept), drop);
  return negative ? -value : value;
}

}  // namespace

std::optional<uint64_t> alu(AddOp, uint64_t a, uint64_t b) { return a + b; }
std::optional<uint64_t> alu(SubOp, uint64_t a, uint64_t b) { return a - b; }
std::optional<uint64_t> alu(MulOp, uint64_t a, uint64_t b) { return a * b; }

std::optional<uint64_t> alu(MulhOp, uint64_t a, uint64_t b) {
  const uint64_t high = high_product(a, b);
  return high - (as_signed(a) < 0 ? b : 0) - (as_signed(b) < 0 ? a : 0);
}

std::optional<uint64_t> alu(DivOp, uint64_t a, uint64_t b) {
  if (b == 0) return std::nullopt;
  if (as_signed(b) == -1) return 0 - a;  // the lowest number wraps to itself
  return as_unsigned(as_signed(a) / as_signed(b));
}

std::optional<uint64_t> alu(RemOp, uint64_t a, uint64_t b) {
  if (b == 0) return std::nullopt;
  if (as_signed(b) == -1) return 0;
  return as_unsigned(as_signed(a) % as_signed(b));
}

std::optional<uint64_t> alu(MinOp, uint64_t a, uint64_t b) {
  return as_signed(a) < as_signed(b) ? a : b;
}
std::optional<uint64_t> alu(MaxOp, uint64_t a, uint64_t b) {
  return as_signed(a) < as_signed(b) ? b : a;
}
std::optional<uint64_t> alu(AndOp, uint64_t a, uint64_t b) { return a & b; }
std::optional<uint64_t> alu(OrOp, uint64_t a, uint64_t b) { return a | b; }
std::optional<uint64_t> alu(XorOp, uint64_t a, uint64_t b) { return a ^ b; }
std::optional<uint64_t> alu(ShlOp, uint64_t a, uint64_t b) { return a << (b % 64); }
std::optional<uint64_t> alu(ShrOp, uint64_t a, uint64_t b) { return a >> (b % 64); }
std::optional<uint64_t> alu(SarOp, uint64_t a, uint64_t b) {
  return as_unsigned(as_signed(a) >> (b % 64));
}
std::optional<uint64_t> alu(FaddOp, uint64_t a, uint64_t b) {
  return from_float(as_float(a) + as_float(b));
}
std::optional<uint64_t> alu(FsubOp, uint64_t a, uint64_t b) {
  return from_float(as_float(a) - as_float(b));
}
std::optional<uint64_t> alu(FmulOp, uint64_t a, uint64_t b) {
  return from_float(as_float(a) * as_float(b));
}
std::optional<uint64_t> alu(FdivOp, uint64_t a, uint64_t b) {
  return from_float(as_float(a) / as_float(b));
}

bool compare(Compare cond, uint64_t a, uint64_t b) {
  switch (cond) {
    case Compare::kEq:
      return a == b;
    case Compare::kNe:
      return a != b;
    case Compare::kLt:
      return as_signed(a) < as_signed(b);
    case Compare::kLe:
      return as_signed(a) <= as_signed(b);
    case Compare::kGt:
      return as_signed(a) > as_signed(b);
    case Compare::kGe:
      return as_signed(a) >= as_signed(b);
    case Compare::kLtu:
      return a < b;
    case Compare::kGeu:
      return a >= b;
  }
  return false;
}

bool compare_f32(Compare cond, uint64_t a, uint64_t b) {
  const float x = as_float(a), y = as_float(b);
  switch (cond) {
    case Compare::kEq:
      return x == y;
    case Compare::kNe:
      return x < y || x > y;
    case Compare::kLt:
      return x < y;
    case Compare::kLe:
      return x <= y;
    case Compare::kGt:
      return x > y;
    case Compare::kGe:
      return x >= y;
    case Compare::kLtu:
    case Compare::kGeu:
      return false;
  }
  return false;
}

uint64_t convert_scalar(bool to_int, RoundMode round, uint64_t a) {
  return to_int ? to_integer(as_float(a), round) : from_float(from_integer(as_signed(a), round));
}

uint64_t add_wrap(uint64_t d, uint64_t step, uint64_t base, uint64_t end) {
  const uint64_t next = d + step;
  return next >= end ? base : next;
}

int bytes_of(Width width) {
  switch (width) {
    case Width::kU8:
    case Width::kI8:
      return 1;
    case Width::kU16:
    case Width::kI16:
      return 2;
    case Width::kU32:
    case Width::kI32:
    case Width::kF32:
      return 4;
    case Width::kU64:
      return 8;
  }
  return 8;
}

uint64_t extend(Width width, uint64_t raw) {
  switch (width) {
    case Width::kI8:
      return as_unsigned(static_cast<int8_t>(raw));
    case Width::kI16:
      return as_unsigned(static_cast<int16_t>(raw));
    case Width::kI32:
      return as_unsigned(static_cast<int32_t>(raw));
    case Width::kU8:
    case Width::kU16:
    case Width::kU32:
    case Width::kU64:
    case Width::kF32:
      break;
  }
  return raw;
}

uint64_t atomic_result(AtomicOp op, uint64_t old, uint64_t a, uint64_t b) {
  switch (op) {
    case AtomicOp::kAdd:
      return old + a;
    case AtomicOp::kMax:
      return as_signed(a) > as_signed(old) ? a : old;
    case AtomicOp::kSwap:
      return a;
    case AtomicOp::kCas:
      return old == b ? a : old;
  }
  return old;
}

}  // namespace npu
