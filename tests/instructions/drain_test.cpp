#include "tests/instructions/rig.h"

using namespace npu;
using namespace npu::test;

namespace {

Drain<Value> drain(Mem to, Type from, Type type, Layout layout, uint64_t dst, uint64_t rows,
                   uint64_t cols, uint64_t pitch) {
  Drain<Value> c;
  c.to = to;
  c.from = from;
  c.type = type;
  c.layout = layout;
  c.dst = dst;
  c.rows = rows;
  c.cols = cols;
  c.dst_pitch = pitch;
  return c;
}

uint64_t bits(float x) {
  uint32_t code = 0;
  std::memcpy(&code, &x, 4);
  return code;
}

float value_of(const Matrix& m, uint64_t row, uint64_t col) {
  return static_cast<float>(m.value(row, col));
}

}  // namespace

TEST_CASE("drain converts every pair of types it allows, rounding once") {
  const auto [from, type] = GENERATE(table<Type, Type>({{Type::kF32, Type::kF32},
                                                        {Type::kF32, Type::kF16},
                                                        {Type::kF32, Type::kBf16},
                                                        {Type::kF32, Type::kE4m3},
                                                        {Type::kF32, Type::kI8},
                                                        {Type::kI32, Type::kI32},
                                                        {Type::kI32, Type::kF32},
                                                        {Type::kI32, Type::kF16},
                                                        {Type::kI32, Type::kBf16},
                                                        {Type::kI32, Type::kI8}}));
  const auto rows = GENERATE(1u, 16u, 21u), cols = GENERATE(1u, 15u, 16u, 37u);
  Rig rig;
  const uint64_t gm = rig.tensor(65536), pitch = 200;
  Matrix sums = random_matrix(from, rows, cols, 3, 1000);
  if (from == Type::kF32) {
    for (uint32_t& code : sums.codes) code += 0x1234;  // digits to round off
  }
  rig.put_sums(1024, sums);
  Drain<Value> c = drain(Mem::kGm, from, type, Layout::kRow, gm, rows, cols, pitch);
  c.src = 1024;
  rig.run(rig.cube(), c);
  const Matrix got = rig.get(Mem::kGm, 0, gm, type, rows, cols, pitch);
  for (uint64_t r = 0; r < rows; ++r) {
    for (uint64_t i = 0; i < cols; ++i) {
      REQUIRE(got.at(r, i) ==
              encode(type, sums.value(r, i), Round::kNearestEven, type == Type::kE4m3));
    }
  }
}

TEST_CASE("drain handles rows longer than its chunk") {
  Limits limits = machine();
  limits.l0c = 256 << 10;
  Rig rig(limits);
  const uint64_t gm = rig.tensor(1 << 16);
  const Matrix sums = random_matrix(Type::kF32, 3, 2100);
  rig.put_sums(0, sums);
  rig.run(rig.cube(), drain(Mem::kGm, Type::kF32, Type::kF16, Layout::kRow, gm, 3, 2100, 4200));
  const Matrix got = rig.get(Mem::kGm, 0, gm, Type::kF16, 3, 2100);
  for (uint64_t i = 0; i < 2100; ++i) {
    REQUIRE(got.at(2, i) == encode(Type::kF16, sums.value(2, i)));
  }
}

TEST_CASE("drain scales first, then activates") {
  const auto activation = GENERATE(Activation::kNone, Activation::kRelu, Activation::kLeaky);
  const auto scaling = GENERATE(ScaleMode::kNone, ScaleMode::kScalar, ScaleMode::kColumn);
  const auto from = GENERATE(Type::kF32, Type::kI32);
  Rig rig;
  const uint64_t gm = rig.tensor(4096);
  const Matrix sums = random_matrix(from, 5, 20), scales = random_matrix(Type::kF32, 1, 20, 7);
  rig.put_sums(0, sums);
  rig.put(Mem::kTable, 0, 64, scales);
  Drain<Value> c = drain(Mem::kGm, from, Type::kF32, Layout::kRow, gm, 5, 20, 80);
  c.activation = activation;
  c.scaling = scaling;
  c.scale = scaling == ScaleMode::kColumn ? 64 : bits(-0.3F);
  c.slope = bits(0.125F);
  rig.run(rig.cube(), c);
  const Matrix got = rig.get(Mem::kGm, 0, gm, Type::kF32, 5, 20);
  for (uint64_t r = 0; r < 5; ++r) {
    for (uint64_t i = 0; i < 20; ++i) {
      float x = value_of(sums, r, i);
      if (scaling == ScaleMode::kScalar) x *= -0.3F;
      if (scaling == ScaleMode::kColumn) x *= value_of(scales, 0, i);
      if (activation == Activation::kRelu && x <= 0) x = 0;
      if (activation == Activation::kLeaky && x <= 0) x *= 0.125F;
      REQUIRE(got.at(r, i) == bits(x));
    }
  }
}

TEST_CASE("drain keeps NaN through relu and applies relu to integers") {
  Rig rig;
  const uint64_t gm = rig.tensor(4096);
  Matrix sums(Type::kF32, 1, 3);
  sums.codes = {0xffc01234, 0x80000000, 0xff800000};
  rig.put_sums(0, sums);
  Drain<Value> c = drain(Mem::kGm, Type::kF32, Type::kF16, Layout::kRow, gm, 1, 3, 0);
  c.activation = Activation::kRelu;
  rig.run(rig.cube(), c);
  CHECK(rig.get(Mem::kGm, 0, gm, Type::kF16, 1, 3).codes == std::vector<uint32_t>{0x7e00, 0, 0});
  Matrix whole(Type::kI32, 1, 3);
  whole.codes = {5, 0xfffffffb, 0};
  rig.put_sums(0, whole);
  c.from = c.type = Type::kI32;
  rig.run(rig.cube(), c);
  CHECK(rig.get(Mem::kGm, 0, gm, Type::kI32, 1, 3).codes == std::vector<uint32_t>{5, 0, 0});
}

TEST_CASE("drain transposes") {
  Rig rig;
  const uint64_t gm = rig.tensor(8192);
  const Matrix sums = random_matrix(Type::kF32, 19, 33);
  rig.put_sums(0, sums);
  rig.run(rig.cube(), drain(Mem::kGm, Type::kF32, Type::kF16, Layout::kTransposed, gm, 19, 33, 50));
  const Matrix got = rig.get(Mem::kGm, 0, gm, Type::kF16, 33, 19, 50);
  for (uint64_t r = 0; r < 19; ++r) {
    for (uint64_t i = 0; i < 33; ++i) {
      REQUIRE(got.at(i, r) == encode(Type::kF16, sums.value(r, i)));
    }
  }
}

TEST_CASE("drain to L1 makes fractals whose columns are padded with zeros, rows are not") {
  Rig rig;
  rig.dirty(Mem::kL1);
  const Matrix sums = random_matrix(Type::kF32, 18, 21);
  rig.put_sums(0, sums);
  rig.run(rig.cube(), drain(Mem::kL1, Type::kF32, Type::kF16, Layout::kFractal, 512, 18, 21, 1024));
  const Matrix got = rig.get_fractal(Mem::kL1, 512, Type::kF16, 18, 32, 1024);
  for (uint64_t r = 0; r < 18; ++r) {
    for (uint64_t i = 0; i < 32; ++i) {
      REQUIRE(got.at(r, i) == (i < 21 ? encode(Type::kF16, sums.value(r, i)) : 0));
    }
  }
  CHECK(*rig.at(Mem::kL1, 0, 512 + 18 * 32) == std::byte{0xa5});
}

TEST_CASE("drain to UB shares rows between the vector cores") {
  const auto rows = GENERATE(10u, 16u, 5u);
  Rig rig;
  rig.dirty(Mem::kUb, 1);
  rig.dirty(Mem::kUb, 2);
  const Matrix sums = random_matrix(Type::kF32, rows, 12);
  rig.put_sums(0, sums);
  Drain<Value> c = drain(Mem::kUb, Type::kF32, Type::kF32, Layout::kRow, 64, rows, 12, 64);
  c.split = 8;
  rig.run(rig.cube(), c);
  for (uint64_t r = 0; r < rows; ++r) {
    const Matrix got = rig.get(Mem::kUb, r < 8 ? 1 : 2, 64 + r % 8 * 64, Type::kF32, 1, 12);
    for (uint64_t i = 0; i < 12; ++i) REQUIRE(got.at(0, i) == sums.at(r, i));
  }
  if (rows <= 8) CHECK(*rig.at(Mem::kUb, 2, 64) == std::byte{0xa5});
}

TEST_CASE("drain without a split gives all rows to the first vector core") {
  Rig rig;
  const Matrix sums = random_matrix(Type::kF32, 20, 16);
  rig.put_sums(0, sums);
  rig.run(rig.cube(), drain(Mem::kUb, Type::kF32, Type::kF32, Layout::kRow, 0, 20, 16, 64));
  CHECK(rig.get(Mem::kUb, 1, 0, Type::kF32, 20, 16) == sums);
}

TEST_CASE("drain starts at any row of the sums and adds to GM atomically") {
  Rig rig;
  const uint64_t gm = rig.tensor(4096);
  const Matrix sums = random_matrix(Type::kF32, 32, 16), old = random_matrix(Type::kF32, 7, 16, 9);
  rig.put_sums(0, sums);
  rig.put(Mem::kGm, 0, gm, old);
  Drain<Value> c = drain(Mem::kGm, Type::kF32, Type::kF32, Layout::kRow, gm, 7, 16, 64);
  c.src = 5 * 64;
  c.src_pitch = 2048;
  c.atomic = Atomic::kAdd;
  rig.run(rig.cube(), c);
  const Matrix got = rig.get(Mem::kGm, 0, gm, Type::kF32, 7, 16);
  for (uint64_t r = 0; r < 7; ++r) {
    for (uint64_t i = 0; i < 16; ++i) {
      REQUIRE(got.at(r, i) == bits(value_of(sums, r + 5, i) + value_of(old, r, i)));
    }
  }
}
