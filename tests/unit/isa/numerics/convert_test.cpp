#include "isa/numerics/convert.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "isa/numerics/scalar.h"
#include "tests/unit/isa/numerics/every_simd.h"

namespace npu {
namespace {

constexpr Round kRounds[] = {Round::kNearestEven, Round::kZero, Round::kFloor, Round::kCeil};

// Every code of the narrow types; of the 32-bit ones the boundaries of each exponent and a spread
// of the rest.
std::vector<uint32_t> codes_of(Type type) {
  std::vector<uint32_t> codes;
  if (bits_of(type) < 32) {
    for (uint32_t code = 0; code < 1u << bits_of(type); ++code) codes.push_back(code);
    return codes;
  }
  for (uint32_t field = 0; field < 512; ++field) {
    for (const uint32_t low :
         {0u, 1u, 0xfffu, 0x1000u, 0x1001u, 0x2000u, 0x3000u, 0x8000u, 0x18000u, 0x100000u,
          0x400000u, 0x400001u, 0x7fefffu, 0x7ff000u, 0x7fffffu}) {
      codes.push_back(field << 23 | low);
    }
  }
  for (uint32_t code = 1; code < 0xffff0000u; code += 1000003u * 3) codes.push_back(code);
  codes.push_back(0x7fa00000u);  // a signalling NaN
  return codes;
}

std::vector<uint8_t> store(Type type, const std::vector<uint32_t>& codes) {
  std::vector<uint8_t> bytes(bytes_of(type, codes.size()));
  for (size_t i = 0; i < codes.size(); ++i) {
    if (bits_of(type) == 4) {
      bytes[i / 2] = static_cast<uint8_t>(bytes[i / 2] | codes[i] << (i % 2 * 4));
    } else {
      const auto size = static_cast<size_t>(bytes_of(type));
      std::memcpy(bytes.data() + i * size, &codes[i], size);  // little endian
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("bulk conversion gives the bits of the scalar definition for every pair of types") {
  for (int from_code = 0; from_code < kTypeCount; ++from_code) {
    const auto from = static_cast<Type>(from_code);
    const std::vector<uint32_t> codes = codes_of(from);
    const std::vector<uint8_t> source = store(from, codes);
    std::vector<double> values;
    for (const uint32_t code : codes) values.push_back(decode(from, code));
    for (int to_code = 0; to_code < kTypeCount; ++to_code) {
      const auto to = static_cast<Type>(to_code);
      if (from == to) continue;
      for (const Round round : kRounds) {
        const bool saturate = round == Round::kFloor || round == Round::kNearestEven;
        for (const bool s : {false, saturate}) {
          std::vector<uint32_t> right;
          for (const double value : values) right.push_back(encode(to, value, round, s));
          const std::vector<uint8_t> expected = store(to, right);
          for_every_simd([&](Simd level) {
            std::vector<uint8_t> target(expected.size());
            convert(source.data(), from, target.data(), to, codes.size(), round, s);
            INFO(type_name(from) << " to " << type_name(to) << ", mode " << static_cast<int>(round)
                                 << ", saturate " << s << ", simd " << static_cast<int>(level));
            REQUIRE(target == expected);
          });
          if (!saturate) break;
        }
      }
    }
  }
}

TEST_CASE("conversion of equal types copies bits, NaN payloads too") {
  const uint32_t source[] = {0x7f800001u, 0xffffffffu, 0x80000000u};
  uint32_t target[3] = {};
  convert(source, Type::kF32, target, Type::kF32, 3);
  CHECK(std::memcmp(source, target, sizeof source) == 0);
}

TEST_CASE("conversion needs no alignment and touches nothing beyond the count") {
  for_every_simd([](Simd) {
    for (size_t count = 0; count < 70; ++count) {
      std::vector<uint8_t> source(1 + 2 * 70, 0x3c);
      std::vector<uint8_t> target(1 + 4 * 70 + 1, 0xaa);
      convert(source.data() + 1, Type::kF16, target.data() + 1, Type::kF32, count);
      REQUIRE(target[0] == 0xaa);
      REQUIRE(target[1 + 4 * count] == 0xaa);
      if (count != 0) REQUIRE(target[4 * count] != 0xaa);
    }
  });
}

TEST_CASE("conversion in place works for types of one width") {
  for_every_simd([](Simd) {
    std::vector<int32_t> values;
    for (int i = 0; i < 1000; ++i) values.push_back(i * 77777 - 5000000);
    std::vector<int32_t> bits = values;
    convert(bits.data(), Type::kI32, bits.data(), Type::kF32, bits.size());
    convert(bits.data(), Type::kF32, bits.data(), Type::kI32, bits.size());
    int wrong = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      wrong += bits[i] != static_cast<int32_t>(static_cast<float>(values[i]));
    }
    CHECK(wrong == 0);
  });
}

TEST_CASE("an odd count of 4-bit elements leaves zero in the last half byte") {
  const float values[] = {1.0f, -0.5f, 6.0f};
  uint8_t bytes[] = {0xff, 0xff, 0xff};
  convert(values, Type::kF32, bytes, Type::kE2m1, 3);
  CHECK(bytes[0] == 0x92);
  CHECK(bytes[1] == 0x07);
  CHECK(bytes[2] == 0xff);
}

}  // namespace npu
