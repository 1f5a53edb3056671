// The narrow floats against an oracle of their own: every type as the list of its values, written
// down from the OCP definitions in double, and rounding as a search for the neighbours in that
// list.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "isa/numerics/convert.h"
#include "isa/numerics/scalar.h"
#include "tests/unit/isa/numerics/every_simd.h"

namespace npu {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr float kHuge = std::numeric_limits<float>::infinity();

// Magnitudes in ascending order, the place in the list being the code. Behind the largest finite
// value comes the one that would follow if the exponent had no end: where overflow begins.
struct NarrowFloat {
  Type type;
  int mantissa_bits, smallest_exponent;  // of normal values
  uint32_t largest;                      // code
  bool has_infinity, has_nan;
  std::vector<double> magnitudes{};

  NarrowFloat(Type t, int mantissa, int exponent, uint32_t top, bool infinity, bool nan)
      : type(t),
        mantissa_bits(mantissa),
        smallest_exponent(exponent),
        largest(top),
        has_infinity(infinity),
        has_nan(nan) {
    for (uint32_t code = 0; code <= largest + 1; ++code) {
      const auto field = static_cast<int>(code >> mantissa_bits);
      const double fraction =
          std::ldexp(static_cast<double>(code & ((1u << mantissa_bits) - 1)), -mantissa_bits);
      magnitudes.push_back(field == 0 ? std::ldexp(fraction, smallest_exponent)
                                      : std::ldexp(1 + fraction, smallest_exponent + field - 1));
    }
  }
  uint32_t sign() const { return 1u << (bits_of(type) - 1); }
  uint32_t infinity_code() const { return largest + 1; }
  uint32_t nan_code() const {
    if (has_infinity) return infinity_code() | 1u << (mantissa_bits - 1);
    return sign() - 1;
  }
};

const std::vector<NarrowFloat>& narrow_floats() {
  static const std::vector<NarrowFloat> all = {{Type::kE4m3, 3, -6, 0x7e, false, true},
                                               {Type::kE5m2, 2, -14, 0x7b, true, true},
                                               {Type::kE2m1, 1, 0, 0x7, false, false},
                                               {Type::kF16, 10, -14, 0x7bff, true, true},
                                               {Type::kBf16, 7, -126, 0x7f7f, true, true}};
  return all;
}

// Between the list's neighbours below and at or above |x|, as the mode says.
uint32_t rounded(const NarrowFloat& f, double x, Round round, bool saturate) {
  if (std::isnan(x)) return f.nan_code();
  const bool negative = std::signbit(x);
  const uint32_t sign = negative ? f.sign() : 0;
  const double size = std::fabs(x);
  const bool up = round == (negative ? Round::kFloor : Round::kCeil);
  uint32_t code = f.largest + 1;
  if (size < f.magnitudes.back()) {
    const auto above = std::lower_bound(f.magnitudes.begin(), f.magnitudes.end(), size);
    code = static_cast<uint32_t>(above - f.magnitudes.begin());
    if (*above != size) {
      const double to_low = size - f.magnitudes[code - 1], to_high = *above - size;
      const bool nearest_is_low = to_low < to_high || (to_low == to_high && (code - 1) % 2 == 0);
      if (round == Round::kNearestEven ? nearest_is_low : !up) --code;
    }
  }
  const bool cut = !up && round != Round::kNearestEven && size != kInfinity;
  if (code <= f.largest) return sign | code;
  if (saturate || cut || !f.has_nan) return sign | f.largest;
  if (f.has_infinity) return sign | f.infinity_code();
  return f.nan_code();
}

// The points at which rounding changes, with their neighbours in f32, of either sign.
std::vector<float> interesting(const NarrowFloat& f) {
  std::vector<float> values = {
      0, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(),
      std::numeric_limits<float>::max(), std::numeric_limits<float>::denorm_min()};
  for (size_t i = 0; i + 1 < f.magnitudes.size(); ++i) {
    const double low = f.magnitudes[i], high = f.magnitudes[i + 1];
    for (const double at : {low, (low + high) / 2, high}) {
      const auto x = static_cast<float>(at);
      values.insert(values.end(), {x, std::nextafterf(x, 0), std::nextafterf(x, kHuge)});
    }
  }
  std::mt19937 random(7);
  for (int i = 0; i < 20000; ++i) {
    const auto bits = static_cast<uint32_t>(random());
    float x = 0;
    std::memcpy(&x, &bits, 4);
    values.push_back(x);
  }
  const size_t positive = values.size();
  for (size_t i = 0; i < positive; ++i) values.push_back(-values[i]);
  if (values.size() % 2 != 0) values.push_back(1);
  return values;
}

uint32_t element(const std::vector<uint8_t>& bytes, Type type, size_t i) {
  if (bits_of(type) == 4) return bytes[i / 2] >> (i % 2 * 4) & 0xf;
  uint32_t code = 0;
  const auto size = static_cast<size_t>(bytes_of(type));
  std::memcpy(&code, bytes.data() + i * size, size);
  return code;
}

}  // namespace

TEST_CASE("every code of a narrow float is worth what its definition says") {
  for (const NarrowFloat& f : narrow_floats()) {
    for (uint32_t code = 0; code <= f.largest; ++code) {
      INFO(type_name(f.type) << " " << code);
      REQUIRE(decode(f.type, code) == f.magnitudes[code]);
      REQUIRE(decode(f.type, code | f.sign()) == -f.magnitudes[code]);
      REQUIRE(std::signbit(decode(f.type, code | f.sign())));
    }
    if (f.has_infinity) CHECK(decode(f.type, f.infinity_code()) == kInfinity);
    for (uint32_t code = f.largest + (f.has_infinity ? 2 : 1); code < f.sign(); ++code) {
      CHECK(std::isnan(decode(f.type, code)));
    }
  }
  CHECK(decode(Type::kE4m3, 0x7e) == 448);
  CHECK(decode(Type::kE5m2, 0x7b) == 57344);
  CHECK(decode(Type::kE2m1, 0x7) == 6);
  CHECK(decode(Type::kE2m1, 0x1) == 0.5);
}

TEST_CASE("narrow floats round as the oracle does, ties and their neighbours included") {
  for (const NarrowFloat& f : narrow_floats()) {
    const std::vector<float> values = interesting(f);
    for (const Round round : {Round::kNearestEven, Round::kZero, Round::kFloor, Round::kCeil}) {
      for (const bool saturate : {false, true}) {
        std::vector<uint32_t> want(values.size());
        for (size_t i = 0; i < values.size(); ++i) {
          want[i] = rounded(f, static_cast<double>(values[i]), round, saturate);
          if (encode(f.type, static_cast<double>(values[i]), round, saturate) != want[i]) {
            FAIL(type_name(f.type) << " of " << values[i] << ", mode " << static_cast<int>(round));
          }
        }
        for_every_simd([&](Simd) {
          std::vector<uint8_t> got(bytes_of(f.type, values.size()));
          convert(values.data(), Type::kF32, got.data(), f.type, values.size(), round, saturate);
          for (size_t i = 0; i < values.size(); ++i) {
            if (element(got, f.type, i) != want[i]) {
              FAIL(type_name(f.type)
                   << " of " << values[i] << ", mode " << static_cast<int>(round));
            }
          }
        });
      }
    }
  }
}

TEST_CASE("e8m0 is a power of two: every code, and rounding between neighbours") {
  for (int code = 0; code < 255; ++code) {
    const double value = std::ldexp(1.0, code - 127);
    REQUIRE(decode(Type::kE8m0, static_cast<uint32_t>(code)) == value);
    const auto x = static_cast<float>(value);
    const auto codes = [&](float y, Round round) { return encode(Type::kE8m0, y, round); };
    const auto here = static_cast<uint32_t>(code), next = std::min(here + 1, 0xffu);
    for (const Round round : {Round::kNearestEven, Round::kZero, Round::kFloor, Round::kCeil}) {
      REQUIRE(codes(x, round) == here);
    }
    REQUIRE(codes(std::nextafterf(x, kHuge), Round::kCeil) == next);
    REQUIRE(codes(std::nextafterf(x, kHuge), Round::kFloor) == here);
    REQUIRE(codes(1.5F * x, Round::kNearestEven) == (here % 2 == 0 ? here : next));
    REQUIRE(codes(1.25F * x, Round::kNearestEven) == here);
    REQUIRE(codes(1.75F * x, Round::kNearestEven) == next);
  }
  CHECK(std::isnan(decode(Type::kE8m0, 255)));
  CHECK(encode(Type::kE8m0, 0) == 0);
  CHECK(encode(Type::kE8m0, -1) == 0xff);
  CHECK(encode(Type::kE8m0, kInfinity) == 0xff);
}

TEST_CASE("i4 has the whole numbers from -8 to 7 and saturates") {
  for (int value = -8; value < 8; ++value) {
    const uint32_t code = static_cast<uint32_t>(value) & 0xf;
    CHECK(decode(Type::kI4, code) == value);
    CHECK(encode(Type::kI4, value + 0.25) == code);
  }
  CHECK(encode(Type::kI4, 7.5) == 7);
  CHECK(encode(Type::kI4, -100) == 8);
  CHECK(encode(Type::kI4, std::numeric_limits<double>::quiet_NaN()) == 0);
}

}  // namespace npu
