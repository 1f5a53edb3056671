#include "tests/instructions/rig.h"

using namespace npu;
using namespace npu::test;

namespace {

constexpr uint64_t kPitch = 0x600;

bool holds(Compare cond, double x, double y) {
  switch (cond) {
    case Compare::kEq:
      return x == y;
    case Compare::kNe:
      return x != y;
    case Compare::kLt:
    case Compare::kLtu:
      return x < y;
    case Compare::kLe:
      return x <= y;
    case Compare::kGt:
      return x > y;
    case Compare::kGe:
    case Compare::kGeu:
      return x >= y;
  }
  return false;
}

bool bit(Rig& rig, uint64_t address, uint64_t i) {
  return (static_cast<uint32_t>(*rig.at(Mem::kUb, 1, address + i / 8)) >> (i % 8) & 1) != 0;
}

}  // namespace

TEST_CASE("vcmp makes a bit for each column and clears the rest of the last byte") {
  const auto type = GENERATE(Type::kF32, Type::kF16, Type::kI32, Type::kU8, Type::kI16);
  const auto cond =
      GENERATE(Compare::kEq, Compare::kNe, Compare::kLt, Compare::kLe, Compare::kGt, Compare::kGe);
  const auto cols = GENERATE(1u, 8u, 600u);
  Rig rig;
  rig.dirty(Mem::kUb, 1, 0xff);
  const auto size = static_cast<uint64_t>(bytes_of(type));
  const uint64_t pitch = cols * size;
  Matrix a = random_matrix(type, 3, cols, 1, 2), b = random_matrix(type, 1, cols, 2, 2);
  for (uint64_t i = 0; i < cols; i += 5) b.at(0, i) = a.at(1, i);  // some are equal
  if (is_float(type)) a.at(0, 0) = encode(type, NAN);
  rig.put(Mem::kUb, 1, 0, a, pitch);
  rig.put(Mem::kUb, 1, 0x4000, b, pitch);
  Vcmp<Value> c;
  c.cond = cond;
  c.type = type;
  c.b_is = Source::kRow;
  c.d = 0x8000;
  c.b = 0x4000;
  c.rows = 3;
  c.cols = cols;
  c.d_pitch = 80;
  c.a_pitch = pitch;
  rig.run(rig.vector(), c);
  for (uint64_t r = 0; r < 3; ++r) {
    for (uint64_t i = 0; i < cols; ++i) {
      REQUIRE(bit(rig, 0x8000 + r * 80, i) == holds(cond, a.value(r, i), b.value(0, i)));
    }
    for (uint64_t i = cols; i % 8 != 0; ++i) REQUIRE_FALSE(bit(rig, 0x8000 + r * 80, i));
    REQUIRE(bit(rig, 0x8000 + r * 80, (cols + 7) / 8 * 8));
  }
}

TEST_CASE("vcmp ltu and geu compare integers without a sign") {
  Rig rig;
  Matrix a(Type::kI32, 1, 3);
  a.codes = {0xffffffff, 5, 3};
  rig.put(Mem::kUb, 1, 0, a);
  Vcmp<Value> c;
  c.type = Type::kI32;
  c.b_is = Source::kScalar;
  c.b = 5;
  c.d = 64;
  c.rows = 1;
  c.cols = 3;
  c.cond = Compare::kLtu;
  rig.run(rig.vector(), c);
  CHECK(*rig.at(Mem::kUb, 1, 64) == std::byte{0b100});
  c.cond = Compare::kGeu;
  rig.run(rig.vector(), c);
  CHECK(*rig.at(Mem::kUb, 1, 64) == std::byte{0b011});
}

TEST_CASE("vselect takes a where the mask is 1 and b where it is 0, in every width") {
  const auto type = GENERATE(Type::kF32, Type::kBf16, Type::kU8);
  Rig rig;
  const Matrix a = random_matrix(type, 3, 45, 1), mask = random_matrix(Type::kU8, 3, 6, 3);
  rig.put(Mem::kUb, 1, 0, a, kPitch);
  rig.put(Mem::kUb, 1, 0x8000, mask, 7);
  Vselect<Value> c;
  c.type = type;
  c.b_is = Source::kScalar;
  c.d = 0xa000;
  c.mask = 0x8000;
  c.b = 0x42;
  c.rows = 3;
  c.cols = 45;
  c.d_pitch = c.a_pitch = kPitch;
  c.mask_pitch = 7;
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kUb, 1, 0xa000, type, 3, 45, kPitch);
  for (uint64_t r = 0; r < 3; ++r) {
    for (uint64_t i = 0; i < 45; ++i) {
      REQUIRE(got.at(r, i) == (bit(rig, 0x8000 + 7 * r, i) ? a.at(r, i) : 0x42));
    }
  }
}

TEST_CASE("vband keeps a band that moves with the rows") {
  struct Band {
    int64_t lo, hi, slope;
  };
  const auto band = GENERATE(Band{-1000, 3, 1}, Band{-2, 2, 0}, Band{0, 1000, -2}, Band{5, 4, 1},
                             Band{INT64_MIN, 0, 1}, Band{0, INT64_MAX, 2});
  const auto type = GENERATE(Type::kF32, Type::kF16);
  Rig rig;
  const Matrix a = random_matrix(type, 7, 530);
  rig.put(Mem::kUb, 1, 0, a, 0x900);
  Vband<Value> c;
  c.type = type;
  c.d = 0x8000;
  c.rows = 7;
  c.cols = 530;
  c.d_pitch = c.a_pitch = 0x900;
  c.lo = static_cast<uint64_t>(band.lo);
  c.hi = static_cast<uint64_t>(band.hi);
  c.slope = static_cast<uint64_t>(band.slope);
  c.fill = encode(type, -7.0);
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kUb, 1, 0x8000, type, 7, 530, 0x900);
  for (int64_t r = 0; r < 7; ++r) {
    for (int64_t i = 0; i < 530; ++i) {
      const int64_t at = i - band.slope * r;
      const auto row = static_cast<uint64_t>(r), col = static_cast<uint64_t>(i);
      REQUIRE(got.at(row, col) ==
              (at >= band.lo && at <= band.hi ? a.at(row, col) : encode(type, -7.0)));
    }
  }
}
