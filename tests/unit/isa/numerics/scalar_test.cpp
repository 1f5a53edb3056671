#include "isa/numerics/scalar.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace npu {
namespace {

constexpr Round kRounds[] = {Round::kNearestEven, Round::kZero, Round::kFloor, Round::kCeil};
constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// What the specifications say, written apart from the library: field widths and the special codes.
struct Format {
  Type type;
  int exponent_bits;
  int mantissa_bits;
  uint32_t max_finite;
  uint32_t overflow;  // the code after max_finite in size: infinity, NaN or max_finite again
  uint32_t nan;
  int shift = 0;  // of the code in its storage

  uint32_t sign() const { return 1u << (exponent_bits + mantissa_bits); }

  double value(uint32_t magnitude) const {
    const int bias = (1 << (exponent_bits - 1)) - 1;
    const uint32_t field = magnitude >> mantissa_bits;
    const double fraction = magnitude & ((1u << mantissa_bits) - 1);
    const double one = std::ldexp(1.0, mantissa_bits);
    if (field == 0) return std::ldexp(fraction, 1 - bias - mantissa_bits);
    return std::ldexp(one + fraction, static_cast<int>(field) - bias - mantissa_bits);
  }
};

const Format kFormats[] = {
    {Type::kTf32, 8, 10, 0x3fbff, 0x3fc00, 0x3fe00, 13},
    {Type::kF16, 5, 10, 0x7bff, 0x7c00, 0x7e00},
    {Type::kBf16, 8, 7, 0x7f7f, 0x7f80, 0x7fc0},
    {Type::kE4m3, 4, 3, 0x7e, 0x7f, 0x7f},
    {Type::kE5m2, 5, 2, 0x7b, 0x7c, 0x7e},
    {Type::kE2m1, 2, 1, 0x7, 0x7, 0x7},
};

// The code of x, which lies between the finite codes `low` and `low` + 1 (one past the last: the
// overflow).
uint32_t expected(const Format& f, uint32_t low, double x, Round round, bool saturate) {
  const double magnitude = std::fabs(x);
  const double down = magnitude - f.value(low);
  const double up = f.value(low + 1) - magnitude;
  const bool negative = std::signbit(x);
  bool away = false;
  if (round == Round::kNearestEven) away = down > up || (down == up && low % 2 == 1);
  if (round == Round::kFloor) away = negative && down > 0;
  if (round == Round::kCeil) away = !negative && down > 0;
  uint32_t code = low + (away ? 1 : 0);
  if (code > f.max_finite) code = saturate ? f.max_finite : f.overflow;
  if (code == f.nan && f.type == Type::kE4m3) return f.nan;
  return (code | (negative ? f.sign() : 0)) << f.shift;
}

// Encodes x and -x in every mode; counts the wrong ones.
int wrong_around(const Format& f, uint32_t low, double x) {
  int wrong = 0;
  for (const double value : {x, -x}) {
    for (const Round round : kRounds) {
      for (const bool saturate : {false, true}) {
        const uint32_t right = expected(f, low, value, round, saturate);
        wrong += encode(f.type, value, round, saturate) != right;
        const auto single = static_cast<float>(value);
        if (single != value) continue;
        if (f.type == Type::kF16) wrong += f32_to_f16(single, round, saturate) != right;
        if (f.type == Type::kBf16) wrong += f32_to_bf16(single, round, saturate) != right;
        if (f.type == Type::kTf32 && !saturate) {
          wrong += std::bit_cast<uint32_t>(round_to_tf32(single, round)) != right;
        }
      }
    }
  }
  return wrong;
}

}  // namespace

TEST_CASE("every code of every float type has the value its format defines") {
  for (const Format& f : kFormats) {
    CAPTURE(type_name(f.type));
    int wrong = 0;
    for (uint32_t code = 0; code < 2 * f.sign(); ++code) {
      const uint32_t magnitude = code & (f.sign() - 1);
      const double x = decode(f.type, code << f.shift);
      const double sign = (code & f.sign()) != 0 ? -1.0 : 1.0;
      if (magnitude <= f.max_finite) {
        wrong += x != sign * f.value(magnitude) || std::signbit(x) != (sign < 0);
      } else if (f.type != Type::kE4m3 && magnitude == f.overflow) {
        wrong += x != sign * kInf;
      } else {
        wrong += !std::isnan(x);
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("a value rounds to the code that each mode asks for, ties and limits included") {
  for (const Format& f : kFormats) {
    CAPTURE(type_name(f.type));
    const uint32_t step = f.type == Type::kTf32 ? 13 : 1;
    std::vector<uint32_t> codes = {f.max_finite};
    for (uint32_t code = 0; code < f.max_finite; code += step) codes.push_back(code);
    int wrong = 0;
    for (const uint32_t low : codes) {
      const double value = f.value(low);
      const double next = f.value(low + 1);
      const double middle = value + (next - value) / 2;
      for (const double x :
           {value, middle, std::nextafter(middle, 0.0), std::nextafter(middle, kInf),
            std::nextafter(value, kInf), std::nextafter(next, 0.0)}) {
        wrong += wrong_around(f, low, x);
      }
      const auto near = static_cast<float>(middle);
      for (const float x : {std::nextafterf(near, 0.0f), std::nextafterf(near, HUGE_VALF)}) {
        if (x >= value && x <= next) wrong += wrong_around(f, low, x);
      }
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("infinity and NaN encode to the one code of each type") {
  for (const Format& f : kFormats) {
    CAPTURE(type_name(f.type));
    const bool has_infinity = f.overflow != f.nan && f.overflow != f.max_finite;
    for (const Round round : kRounds) {
      CHECK(encode(f.type, kInf, round, true) == f.max_finite << f.shift);
      CHECK(encode(f.type, -kInf, round, true) == (f.max_finite | f.sign()) << f.shift);
      CHECK(encode(f.type, kInf, round, false) == f.overflow << f.shift);
      if (has_infinity) {
        CHECK(encode(f.type, -kInf, round, false) == (f.overflow | f.sign()) << f.shift);
      }
      CHECK(encode(f.type, kNan, round, true) == f.nan << f.shift);
      CHECK(encode(f.type, -kNan, round, false) == f.nan << f.shift);
    }
  }
  CHECK(encode(Type::kE4m3, -1e6) == 0x7f);
  CHECK(encode(Type::kE4m3, 464.0) == 0x7e);
  CHECK(encode(Type::kE4m3, 464.001) == 0x7f);
  CHECK(encode(Type::kE2m1, -100.0) == 0xf);
  CHECK(encode(Type::kE4m3, -kInf, Round::kNearestEven, false) == 0x7f);
}

TEST_CASE("a double rounds to f32 as the host's cast does, and directed modes enclose it") {
  std::mt19937_64 random(7);
  int wrong = 0;
  for (int i = 0; i < 300000; ++i) {
    double x = std::bit_cast<double>(random());
    if (i % 2 == 0) x = std::ldexp(std::fmod(x, 1.0), static_cast<int>(random() % 300) - 160);
    if (std::isnan(x)) continue;
    const auto of = [&](Round round) { return std::bit_cast<float>(encode(Type::kF32, x, round)); };
    wrong += std::bit_cast<uint32_t>(of(Round::kNearestEven)) !=
             std::bit_cast<uint32_t>(static_cast<float>(x));
    const float floor = of(Round::kFloor);
    const float ceil = of(Round::kCeil);
    wrong += !(floor <= x && x <= ceil);
    wrong += floor != ceil && std::nextafterf(floor, HUGE_VALF) != ceil;
    wrong += of(Round::kZero) != (x < 0 ? ceil : floor);
  }
  CHECK(wrong == 0);
}

TEST_CASE("e8m0 holds powers of two and rounds to them") {
  for (uint32_t code = 0; code < 255; ++code) {
    const double value = std::ldexp(1.0, static_cast<int>(code) - 127);
    REQUIRE(decode(Type::kE8m0, code) == value);
    for (const Round round : kRounds) REQUIRE(encode(Type::kE8m0, value, round) == code);
    if (code == 254) continue;
    REQUIRE(encode(Type::kE8m0, value * 1.25, Round::kCeil) == code + 1);
    REQUIRE(encode(Type::kE8m0, value * 1.75, Round::kFloor) == code);
    REQUIRE(encode(Type::kE8m0, value * 1.75, Round::kZero) == code);
    REQUIRE(encode(Type::kE8m0, value * 1.25) == code);
    REQUIRE(encode(Type::kE8m0, value * 1.5) == code + code % 2);
    REQUIRE(encode(Type::kE8m0, value * 1.75) == code + 1);
  }
  CHECK(std::isnan(decode(Type::kE8m0, 0xff)));
  CHECK(encode(Type::kE8m0, 0.0) == 0);
  CHECK(encode(Type::kE8m0, 1e-300, Round::kCeil) == 0);
  CHECK(encode(Type::kE8m0, -1.0) == 0xff);
  CHECK(encode(Type::kE8m0, kNan, Round::kCeil, true) == 0xff);
  CHECK(encode(Type::kE8m0, kInf) == 0xff);
  CHECK(encode(Type::kE8m0, kInf, Round::kCeil, true) == 0xfe);
}

TEST_CASE("integers round by mode, saturate, and take NaN as zero") {
  const auto as = [](Type type, double x, Round round = Round::kNearestEven) {
    return decode(type, encode(type, x, round));
  };
  CHECK(as(Type::kI8, 2.5) == 2);
  CHECK(as(Type::kI8, 3.5) == 4);
  CHECK(as(Type::kI8, -2.5, Round::kZero) == -2);
  CHECK(as(Type::kI8, -2.5, Round::kFloor) == -3);
  CHECK(as(Type::kI8, -2.5, Round::kCeil) == -2);
  CHECK(as(Type::kI8, 2.1, Round::kCeil) == 3);
  struct Range {
    Type type;
    double low, high;
  };
  for (const Range& range :
       {Range{Type::kI4, -8, 7}, Range{Type::kI8, -128, 127}, Range{Type::kI16, -32768, 32767},
        Range{Type::kI32, -2147483648.0, 2147483647.0}, Range{Type::kU8, 0, 255},
        Range{Type::kU32, 0, 4294967295.0}}) {
    CAPTURE(type_name(range.type));
    CHECK(as(range.type, range.low) == range.low);
    CHECK(as(range.type, range.high) == range.high);
    CHECK(as(range.type, range.low - 1) == range.low);
    CHECK(as(range.type, range.high + 1) == range.high);
    CHECK(as(range.type, -kInf) == range.low);
    CHECK(as(range.type, kInf) == range.high);
    CHECK(as(range.type, kNan) == 0);
    CHECK(as(range.type, -0.25) == 0);
  }
}

TEST_CASE("canonical leaves numbers alone and gives every NaN the same bits") {
  CHECK(canonical(-1.5f) == -1.5f);
  for (const uint32_t bits : {0x7f800001u, 0xffc00000u, 0x7fffffffu}) {
    CHECK(std::bit_cast<uint32_t>(canonical(std::bit_cast<float>(bits))) == 0x7fc00000u);
  }
}

}  // namespace npu
