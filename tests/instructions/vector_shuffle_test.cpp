#include <cmath>

#include "tests/instructions/rig.h"

using namespace npu;
using namespace npu::test;

namespace {

constexpr uint64_t kPitch = 0x180;

template <class C>
C shuffle(Type type, uint64_t rows, uint64_t cols) {
  C c;
  c.type = type;
  c.d = 0x8000;
  c.b = 0x4000;
  c.rows = rows;
  c.cols = cols;
  c.a_pitch = c.b_pitch = c.d_pitch = kPitch;
  return c;
}

}  // namespace

TEST_CASE("vtranspose moves rows to columns in every width") {
  const auto type = GENERATE(Type::kF32, Type::kF16, Type::kU8);
  const auto rows = GENERATE(1u, 16u, 35u), cols = GENERATE(1u, 17u, 32u);
  Rig rig;
  const Matrix a = random_matrix(type, rows, cols);
  rig.put(Mem::kUb, 1, 0, a, kPitch);
  rig.run(rig.vector(), shuffle<Vtranspose<Value>>(type, rows, cols));
  const Matrix got = rig.get(Mem::kUb, 1, 0x8000, type, cols, rows, kPitch);
  for (uint64_t r = 0; r < rows; ++r) {
    for (uint64_t c = 0; c < cols; ++c) REQUIRE(got.at(c, r) == a.at(r, c));
  }
}

TEST_CASE("vunzip takes pairs apart and vzip puts them together again") {
  const auto type = GENERATE(Type::kF32, Type::kBf16, Type::kI8);
  Rig rig;
  const Matrix pairs = random_matrix(type, 3, 42);
  rig.put(Mem::kUb, 1, 0, pairs, kPitch);
  rig.run(rig.vector(), shuffle<Vunzip<Value>>(type, 3, 21));
  const Matrix even = rig.get(Mem::kUb, 1, 0x8000, type, 3, 21, kPitch);
  const Matrix odd = rig.get(Mem::kUb, 1, 0x4000, type, 3, 21, kPitch);
  for (uint64_t r = 0; r < 3; ++r) {
    for (uint64_t c = 0; c < 21; ++c) {
      CHECK(even.at(r, c) == pairs.at(r, 2 * c));
      CHECK(odd.at(r, c) == pairs.at(r, 2 * c + 1));
    }
  }
  Vzip<Value> zip = shuffle<Vzip<Value>>(type, 3, 21);
  zip.a = 0x8000;
  zip.d = 0xc000;
  rig.run(rig.vector(), zip);
  CHECK(rig.get(Mem::kUb, 1, 0xc000, type, 3, 42, kPitch) == pairs);
}

TEST_CASE("vgather picks elements of a flat array by index") {
  const auto type = GENERATE(Type::kF32, Type::kF16, Type::kU8);
  Rig rig;
  const Matrix table = random_matrix(type, 1, 50);
  Matrix index(Type::kI32, 3, 20);
  Numbers numbers(4);
  for (uint32_t& code : index.codes) code = numbers.bits() % 50;
  rig.put(Mem::kUb, 1, 0, table);
  rig.put(Mem::kUb, 1, 0x4000, index, kPitch);
  Vgather<Value> c = shuffle<Vgather<Value>>(type, 3, 20);
  c.count = 50;
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kUb, 1, 0x8000, type, 3, 20, kPitch);
  for (uint64_t r = 0; r < 3; ++r) {
    for (uint64_t i = 0; i < 20; ++i) CHECK(got.at(r, i) == table.at(0, index.at(r, i)));
  }
}

TEST_CASE("vgather_rows picks whole rows by index") {
  Rig rig;
  const Matrix table = random_matrix(Type::kF16, 9, 30);
  Matrix index(Type::kI32, 1, 4);
  index.codes = {8, 0, 8, 3};
  rig.put(Mem::kUb, 1, 0, table, kPitch);
  rig.put(Mem::kUb, 1, 0x4000, index);
  VgatherRows<Value> c = shuffle<VgatherRows<Value>>(Type::kF16, 4, 30);
  c.count = 9;
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kUb, 1, 0x8000, Type::kF16, 4, 30, kPitch);
  for (uint64_t r = 0; r < 4; ++r) {
    for (uint64_t i = 0; i < 30; ++i) CHECK(got.at(r, i) == table.at(index.at(0, r), i));
  }
}

TEST_CASE("viota counts with a step for columns and one for rows, wrapping in 32 bits") {
  Rig rig;
  Viota<Value> c;
  c.d = 64;
  c.rows = 3;
  c.cols = 5;
  c.d_pitch = 32;
  c.start = 0x7ffffffe;
  c.col_step = 2;
  c.row_step = static_cast<uint64_t>(-100);
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kUb, 1, 64, Type::kI32, 3, 5, 32);
  for (uint64_t r = 0; r < 3; ++r) {
    for (uint64_t i = 0; i < 5; ++i) {
      CHECK(got.at(r, i) == static_cast<uint32_t>(0x7ffffffe + 2 * i - 100 * r));
    }
  }
}

TEST_CASE("vconvert goes between all types of whole bytes with every rounding") {
  const std::vector<Type> types = {Type::kF32,  Type::kF16, Type::kBf16, Type::kTf32, Type::kE4m3,
                                   Type::kE5m2, Type::kI32, Type::kI16,  Type::kI8,   Type::kU8};
  const auto [mode, round] =
      GENERATE(table<RoundMode, Round>({{RoundMode::kRne, Round::kNearestEven},
                                        {RoundMode::kRz, Round::kZero},
                                        {RoundMode::kFloor, Round::kFloor},
                                        {RoundMode::kCeil, Round::kCeil}}));
  for (Type from : types) {
    for (Type to : types) {
      for (Source shape : {Source::kTile, Source::kColumn, Source::kScalar}) {
        INFO(type_name(from) << " to " << type_name(to));
        Rig rig;
        const Matrix a = random_matrix(from, 3, 40, 8, 300);
        rig.put(Mem::kUb, 1, 0, a, kPitch);
        Vconvert<Value> c;
        c.to = to;
        c.from = from;
        c.round = mode;
        c.a_is = shape;
        c.d = 0x8000;
        c.a = shape == Source::kScalar ? a.codes[0] : 0;
        c.rows = 3;
        c.cols = 40;
        c.d_pitch = c.a_pitch = kPitch;
        rig.run(rig.vector(), c);
        const Matrix got = rig.get(Mem::kUb, 1, 0x8000, to, 3, 40, kPitch);
        const bool narrow = to == Type::kE4m3 || to == Type::kE5m2;
        for (uint64_t r = 0; r < 3; ++r) {
          for (uint64_t i = 0; i < 40; ++i) {
            const uint64_t row = shape == Source::kScalar ? 0 : r;
            const uint64_t col = shape == Source::kTile ? i : 0;
            REQUIRE(got.at(r, i) == encode(to, a.value(row, col), round, narrow));
          }
        }
      }
    }
  }
}

TEST_CASE("vconvert turns NaN into 0 and saturates integers; narrow floats saturate too") {
  Rig rig;
  Matrix a(Type::kF32, 1, 3);
  a.codes = {encode(Type::kF32, NAN), encode(Type::kF32, 1e9), encode(Type::kF32, -1e9)};
  rig.put(Mem::kUb, 1, 0, a);
  Vconvert<Value> c;
  c.to = Type::kI8;
  c.from = Type::kF32;
  c.d = 64;
  c.rows = 1;
  c.cols = 3;
  rig.run(rig.vector(), c);
  CHECK(rig.get(Mem::kUb, 1, 64, Type::kI8, 1, 3).codes == std::vector<uint32_t>{0, 0x7f, 0x80});
  c.to = Type::kE4m3;
  rig.run(rig.vector(), c);
  CHECK(rig.get(Mem::kUb, 1, 64, Type::kE4m3, 1, 3).codes ==
        std::vector<uint32_t>{0x7f, 0x7e, 0xfe});
  c.to = Type::kF16;
  rig.run(rig.vector(), c);
  CHECK(rig.get(Mem::kUb, 1, 64, Type::kF16, 1, 3).codes ==
        std::vector<uint32_t>{0x7e00, 0x7c00, 0xfc00});
}
