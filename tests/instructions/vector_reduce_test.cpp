#include <bit>
#include <cmath>

#include "isa/numerics/reduce.h"
#include "tests/instructions/rig.h"

using namespace npu;
using namespace npu::test;

namespace {

constexpr uint64_t kPitch = 0x400;

std::vector<float> row_of(const Matrix& m, uint64_t r) {
  std::vector<float> row;
  for (uint64_t c = 0; c < m.cols; ++c) row.push_back(static_cast<float>(m.value(r, c)));
  return row;
}

template <class C>
Matrix reduce(const Matrix& m, Type result, bool by_column) {
  Rig rig;
  rig.put(Mem::kUb, 1, 0, m, kPitch);
  C c;
  c.type = m.type;
  c.d = 0x8000;
  c.rows = m.rows;
  c.cols = m.cols;
  c.d_pitch = by_column ? 0 : 8;
  c.a_pitch = kPitch;
  rig.run(rig.vector(), c);
  return rig.get(Mem::kUb, 1, 0x8000, result, by_column ? 1 : m.rows, by_column ? m.cols : 1,
                 by_column ? 0 : 8);
}

}  // namespace

TEST_CASE("row reductions of floats are those of the numerics, rounded once") {
  const auto type = GENERATE(Type::kF32, Type::kF16, Type::kBf16);
  const auto cols = GENERATE(1u, 63u, 64u, 200u);
  const Matrix m = random_matrix(type, 5, cols);
  const Matrix sum = reduce<VrowSum<Value>>(m, type, false);
  const Matrix max = reduce<VrowMax<Value>>(m, type, false);
  const Matrix min = reduce<VrowMin<Value>>(m, type, false);
  const Matrix absmax = reduce<VrowAbsmax<Value>>(m, type, false);
  const Matrix argmax = reduce<VrowArgmax<Value>>(m, Type::kI32, false);
  for (uint64_t r = 0; r < 5; ++r) {
    const std::vector<float> row = row_of(m, r);
    CHECK(sum.at(r, 0) == encode(type, static_cast<double>(row_sum(row.data(), cols))));
    CHECK(max.at(r, 0) == encode(type, static_cast<double>(row_max(row.data(), cols))));
    CHECK(min.at(r, 0) == encode(type, static_cast<double>(row_min(row.data(), cols))));
    CHECK(absmax.at(r, 0) == encode(type, static_cast<double>(row_absmax(row.data(), cols))));
    CHECK(argmax.at(r, 0) == row_argmax(row.data(), cols));
  }
}

TEST_CASE("row reductions of integers wrap, know the sign and take the first of equals") {
  Matrix m(Type::kI32, 1, 4);
  m.codes = {0x7fffffff, 1, 0x80000000, 0x7fffffff};
  CHECK(reduce<VrowSum<Value>>(m, Type::kI32, false).codes[0] == 0x7fffffff);
  CHECK(reduce<VrowMax<Value>>(m, Type::kI32, false).codes[0] == 0x7fffffff);
  CHECK(reduce<VrowMin<Value>>(m, Type::kI32, false).codes[0] == 0x80000000);
  CHECK(reduce<VrowArgmax<Value>>(m, Type::kI32, false).codes[0] == 0);
  m.type = Type::kU32;
  CHECK(reduce<VrowMax<Value>>(m, Type::kU32, false).codes[0] == 0x80000000);
}

TEST_CASE("a NaN in a row is its sum, maximum, minimum and the place of its maximum") {
  Matrix m = random_matrix(Type::kF16, 1, 70);
  m.codes[40] = 0xfe01;
  CHECK(reduce<VrowSum<Value>>(m, Type::kF16, false).codes[0] == 0x7e00);
  CHECK(reduce<VrowMax<Value>>(m, Type::kF16, false).codes[0] == 0x7e00);
  CHECK(reduce<VrowMin<Value>>(m, Type::kF16, false).codes[0] == 0x7e00);
  CHECK(reduce<VrowAbsmax<Value>>(m, Type::kF16, false).codes[0] == 0x7e00);
  CHECK(reduce<VrowArgmax<Value>>(m, Type::kI32, false).codes[0] == 40);
}

TEST_CASE("column reductions go through the rows in ascending order") {
  const auto type = GENERATE(Type::kF32, Type::kF16, Type::kI32);
  const Matrix m = random_matrix(type, 9, 33);
  const Matrix sum = reduce<VcolSum<Value>>(m, type, true);
  const Matrix max = reduce<VcolMax<Value>>(m, type, true);
  for (uint64_t c = 0; c < 33; ++c) {
    float total = 0;
    double largest = m.value(0, c);
    for (uint64_t r = 0; r < 9; ++r) {
      total += static_cast<float>(m.value(r, c));
      largest = std::max(largest, m.value(r, c));
    }
    CHECK(sum.at(0, c) == encode(type, static_cast<double>(total)));
    CHECK(max.at(0, c) == encode(type, largest));
  }
}

TEST_CASE("vscan sums prefixes along rows and columns, with or without the element itself") {
  const auto type = GENERATE(Type::kF32, Type::kI32);
  const auto by_column = GENERATE(false, true), exclusive = GENERATE(false, true);
  Rig rig;
  const Matrix m = random_matrix(type, 4, 20);
  rig.put(Mem::kUb, 1, 0, m, kPitch);
  Vscan<Value> c;
  c.type = type;
  c.by_column = by_column;
  c.exclusive = exclusive;
  c.d = 0;  // in place
  c.rows = 4;
  c.cols = 20;
  c.d_pitch = c.a_pitch = kPitch;
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kUb, 1, 0, type, 4, 20, kPitch);
  for (uint64_t r = 0; r < 4; ++r) {
    for (uint64_t i = 0; i < 20; ++i) {
      float total = 0;
      const uint64_t last = by_column ? r : i;
      for (uint64_t k = 0; k < last + (exclusive ? 0 : 1); ++k) {
        total += static_cast<float>(by_column ? m.value(k, i) : m.value(r, k));
      }
      CHECK(got.at(r, i) == encode(type, static_cast<double>(total)));
    }
  }
}

TEST_CASE("vcount counts the bits of a mask's row and no more than its columns") {
  Rig rig;
  rig.put(Mem::kUb, 1, 0, random_matrix(Type::kU8, 3, 10), 32);
  rig.group.vectors[0].ub[2] = std::byte{0xff};
  Vcount<Value> c;
  c.d = 1024;
  c.rows = 3;
  c.cols = 19;
  c.d_pitch = 4;
  c.a_pitch = 32;
  rig.run(rig.vector(), c);
  for (uint64_t r = 0; r < 3; ++r) {
    uint32_t total = 0;
    for (uint64_t i = 0; i < 19; ++i) {
      const auto byte = static_cast<uint32_t>(*rig.at(Mem::kUb, 1, r * 32 + i / 8));
      total += byte >> (i % 8) & 1;
    }
    CHECK(rig.get(Mem::kUb, 1, 1024 + 4 * r, Type::kI32, 1, 1).codes[0] == total);
  }
}
