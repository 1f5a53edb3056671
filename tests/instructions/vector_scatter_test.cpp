#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/instructions/rig.h"

using namespace npu;
using namespace npu::test;

namespace {

struct Pair {
  float value;
  int32_t index;
};

bool before(const Pair& a, const Pair& b) {
  if (std::isnan(a.value) != std::isnan(b.value)) return std::isnan(a.value);
  if (!std::isnan(a.value) && a.value != b.value) return a.value > b.value;
  return a.index < b.index;
}

// Few different values, so that many are equal; some NaN and infinite.
std::vector<Pair> random_pairs(size_t count, uint64_t seed) {
  Numbers numbers(seed);
  std::vector<Pair> pairs(count);
  for (size_t i = 0; i < count; ++i) {
    const uint32_t kind = numbers.bits() % 20;
    pairs[i].value = kind == 0   ? std::numeric_limits<float>::quiet_NaN()
                     : kind == 1 ? -std::numeric_limits<float>::infinity()
                                 : static_cast<float>(numbers.bits() % 7) - 3;
    pairs[i].index = static_cast<int32_t>(numbers.bits() % 1000);
  }
  return pairs;
}

void check_same(const std::vector<Pair>& got, const std::vector<Pair>& want) {
  REQUIRE(got.size() == want.size());
  for (size_t i = 0; i < got.size(); ++i) {
    INFO(i);
    REQUIRE(std::memcmp(&got[i], &want[i], sizeof(Pair)) == 0);
  }
}

}  // namespace

TEST_CASE("vsort orders every 32 pairs of a row: value down, then index up, NaN first") {
  const auto cols = GENERATE(1u, 32u, 75u, 256u);
  Rig rig;
  std::vector<Pair> a = random_pairs(2 * cols, 3);
  std::memcpy(rig.at(Mem::kUb, 1, 0), a.data(), a.size() * 8);
  Vsort<Value> c;
  c.d = 0x8000;
  c.rows = 2;
  c.cols = cols;
  c.a_pitch = c.d_pitch = cols * 8;
  rig.run(rig.vector(), c);
  for (size_t row = 0; row < 2; ++row) {
    for (size_t first = 0; first < cols; first += 32) {
      const auto begin = a.begin() + static_cast<ptrdiff_t>(row * cols + first);
      std::sort(begin, begin + static_cast<ptrdiff_t>(std::min<size_t>(32, cols - first)), before);
    }
  }
  std::vector<Pair> got(a.size());
  std::memcpy(got.data(), rig.at(Mem::kUb, 1, 0x8000), a.size() * 8);
  check_same(got, a);
}

TEST_CASE("vsort and three vmerges sort 2048 pairs, and stop at the number asked for") {
  const auto wanted = GENERATE(0u, 1u, 512u, 2047u);
  Rig rig;
  std::vector<Pair> a = random_pairs(2048, 5);
  std::memcpy(rig.at(Mem::kUb, 1, 0), a.data(), a.size() * 8);
  Vsort<Value> sort;
  sort.rows = 1;
  sort.cols = 2048;
  rig.run(rig.vector(), sort);
  uint64_t from = 0, to = 0x8000;
  for (uint64_t cols = 32; cols < 2048; cols *= 4) {
    Vmerge<Value> merge;
    merge.a = from;
    merge.d = to;
    merge.cols = cols;
    merge.rows = 2048 / (4 * cols);
    merge.a_pitch = merge.d_pitch = 4 * cols * 8;
    merge.count = cols == 512 ? wanted : 0;
    rig.run(rig.vector(), merge);
    std::swap(from, to);
  }
  std::sort(a.begin(), a.end(), before);
  if (wanted != 0) a.resize(wanted);
  std::vector<Pair> got(a.size());
  std::memcpy(got.data(), rig.at(Mem::kUb, 1, from), a.size() * 8);
  check_same(got, a);
}

TEST_CASE("vsort orders i32 values exactly") {
  Rig rig;
  Matrix pairs(Type::kI32, 1, 8);
  pairs.codes = {5, 0, 0x7fffffff, 1, 0x80000000, 2, 0x7ffffffe, 3};
  rig.put(Mem::kUb, 1, 0, pairs);
  Vsort<Value> c;
  c.type = Type::kI32;
  c.rows = 1;
  c.cols = 4;
  rig.run(rig.vector(), c);
  CHECK(rig.get(Mem::kUb, 1, 0, Type::kI32, 1, 8).codes ==
        std::vector<uint32_t>{0x7fffffff, 1, 0x7ffffffe, 3, 5, 0, 0x80000000, 2});
}

TEST_CASE("vcompress closes up what the mask keeps and counts it") {
  const auto type = GENERATE(Type::kF32, Type::kF16, Type::kU8);
  const auto keep = GENERATE(0x00u, 0xffu, 0xa6u);
  Rig rig;
  rig.dirty(Mem::kUb, 1);
  const Matrix a = random_matrix(type, 3, 21);
  rig.put(Mem::kUb, 1, 0, a, 128);
  std::vector<uint32_t> want;
  for (uint64_t r = 0; r < 3; ++r) {
    for (uint64_t c = 0; c < 21; ++c) {
      const uint32_t bits = keep ^ static_cast<uint32_t>(r);
      *rig.at(Mem::kUb, 1, 0x4000 + r * 5 + c / 8) = static_cast<std::byte>(bits);
      if ((bits >> c % 8 & 1) != 0) want.push_back(a.at(r, c));
    }
  }
  Vcompress<Value> c;
  c.type = type;
  c.b = 0x4000;
  c.d = 0x8000;
  c.count = 0x6000;
  c.rows = 3;
  c.cols = 21;
  c.a_pitch = 128;
  c.b_pitch = 5;
  rig.run(rig.vector(), c);
  CHECK(rig.get(Mem::kUb, 1, 0x6000, Type::kI32, 1, 1).at(0, 0) == want.size());
  want.resize(63);
  CHECK(rig.get(Mem::kUb, 1, 0x8000, type, 1, 63).codes == want);
}

TEST_CASE("vscatter puts elements where the list says, the last of equals, none where negative") {
  const auto type = GENERATE(Type::kF32, Type::kBf16, Type::kI8);
  Rig rig;
  const Matrix a = random_matrix(type, 2, 20), old = random_matrix(type, 1, 30, 9);
  Matrix index(Type::kI32, 2, 20);
  Numbers numbers(4);
  for (uint32_t& code : index.codes) code = numbers.bits() % 32 - 2;
  rig.put(Mem::kUb, 1, 0, a, 128);
  rig.put(Mem::kUb, 1, 0x4000, index, 96);
  rig.put(Mem::kUb, 1, 0x8000, old);
  Vscatter<Value> c;
  c.type = type;
  c.b = 0x4000;
  c.d = 0x8000;
  c.rows = 2;
  c.cols = 20;
  c.a_pitch = 128;
  c.b_pitch = 96;
  c.count = 30;
  rig.run(rig.vector(), c);
  Matrix want = old;
  for (size_t i = 0; i < index.codes.size(); ++i) {
    if (static_cast<int32_t>(index.codes[i]) >= 0) want.at(0, index.codes[i]) = a.codes[i];
  }
  CHECK(rig.get(Mem::kUb, 1, 0x8000, type, 1, 30) == want);
}

TEST_CASE("vhistogram adds to its bins and leaves out what lies beside them") {
  Rig rig;
  Matrix a(Type::kI32, 4, 50), bins = random_matrix(Type::kI32, 1, 16);
  Numbers numbers(4);
  for (uint32_t& code : a.codes) code = numbers.bits() % 20 - 2;
  rig.put(Mem::kUb, 1, 0, a, 256);
  rig.put(Mem::kUb, 1, 0x4000, bins);
  Vhistogram<Value> c;
  c.type = Type::kI32;
  c.d = 0x4000;
  c.rows = 4;
  c.cols = 50;
  c.a_pitch = 256;
  c.count = 16;
  rig.run(rig.vector(), c);
  for (const uint32_t code : a.codes) {
    if (code < 16) ++bins.at(0, code);
  }
  CHECK(rig.get(Mem::kUb, 1, 0x4000, Type::kI32, 1, 16) == bins);
}

TEST_CASE("vhash gives the documented numbers, evenly spread") {
  Rig rig;
  Matrix counters(Type::kU32, 1, 1024);
  for (uint32_t i = 0; i < 1024; ++i) counters.at(0, i) = i;
  rig.put(Mem::kUb, 1, 0, counters);
  Vhash<Value> c;
  c.type = Type::kU32;
  c.d = 0x4000;
  c.rows = 1;
  c.cols = 1024;
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kUb, 1, 0x4000, Type::kU32, 1, 1024);
  double ones = 0;
  for (const uint32_t code : got.codes) ones += static_cast<double>(__builtin_popcount(code));
  // 32768 fair bits: six standard deviations of 90.
  CHECK(std::fabs(ones - 16384) < 6 * 90.5);
  uint32_t x = 5 + 0x9e3779b9;
  x = (x ^ x >> 16) * 0x85ebca6b;
  x = (x ^ x >> 13) * 0xc2b2ae35;
  CHECK(got.at(0, 5) == (x ^ x >> 16));
}

TEST_CASE("vconvert packs and unpacks 4-bit elements") {
  const auto type = GENERATE(Type::kE2m1, Type::kI4);
  const auto other = GENERATE(Type::kF32, Type::kF16, Type::kI8, Type::kE4m3);
  const auto cols = GENERATE(2u, 30u, 64u);
  Rig rig;
  const Matrix a = random_matrix(other, 3, cols, 1, 7);
  rig.put(Mem::kUb, 1, 0, a, 512);
  Vconvert<Value> c;
  c.to = type;
  c.from = other;
  c.d = 0x4000;
  c.rows = 3;
  c.cols = cols;
  c.a_pitch = 512;
  c.d_pitch = 100;
  rig.run(rig.vector(), c);
  const Matrix packed = rig.get(Mem::kUb, 1, 0x4000, type, 3, cols, 100);
  for (uint64_t r = 0; r < 3; ++r) {
    for (uint64_t i = 0; i < cols; ++i) {
      REQUIRE(packed.at(r, i) == encode(type, a.value(r, i), Round::kNearestEven, true));
    }
  }
  Vconvert<Value> back = c;
  std::swap(back.to, back.from);
  back.a = 0x4000;
  back.d = 0x8000;
  std::swap(back.a_pitch, back.d_pitch);
  rig.run(rig.vector(), back);
  const Matrix got = rig.get(Mem::kUb, 1, 0x8000, other, 3, cols, 512);
  for (uint64_t r = 0; r < 3; ++r) {
    for (uint64_t i = 0; i < cols; ++i) REQUIRE(got.value(r, i) == packed.value(r, i));
  }
}
