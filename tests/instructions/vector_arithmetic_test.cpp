#include <cmath>
#include <functional>

#include "isa/numerics/math.h"
#include "isa/numerics/reduce.h"
#include "tests/instructions/rig.h"

using namespace npu;
using namespace npu::test;

namespace {

constexpr uint64_t kPitch = 0x700;  // of every operand unless said otherwise
constexpr uint64_t kA = 0, kC = 0x8000, kD = 0xa000;

// Values at the edges of a type, over and over, between random ones.
Matrix edgy_matrix(Type type, uint64_t rows, uint64_t cols, uint64_t seed) {
  Matrix m = random_matrix(type, rows, cols, seed);
  std::vector<uint32_t> edges = {0, 1, ~0u, 1u << (bits_of(type) - 1),
                                 (1u << (bits_of(type) - 1)) - 1};
  if (is_float(type)) {
    for (double x : {-0.0, 1.0, -1.0, 1e30, 6e-8, 65504.0, -1e-40, static_cast<double>(INFINITY),
                     static_cast<double>(-INFINITY), static_cast<double>(NAN)}) {
      edges.push_back(encode(type, x));
    }
  }
  const uint32_t mask = bits_of(type) == 32 ? ~0u : (1u << bits_of(type)) - 1;
  Numbers numbers(seed + 77);
  for (uint32_t& code : m.codes) {
    if (numbers.bits() % 3 == 0) code = edges[numbers.bits() % edges.size()] & mask;
  }
  return m;
}

float as_float(const Matrix& m, uint64_t r, uint64_t c) {
  return static_cast<float>(m.value(r, c));
}

// What a source of a shape holds for the element (r, c).
uint64_t source_row(Source shape, uint64_t r) {
  return shape == Source::kTile || shape == Source::kColumn ? r : 0;
}
uint64_t source_col(Source shape, uint64_t c) {
  return shape == Source::kTile || shape == Source::kRow ? c : 0;
}

struct Operand {
  Matrix m;
  Source shape;
  uint64_t address;
  Value value() const { return shape == Source::kScalar ? m.codes[0] | 0xabcd00000000u : address; }
  uint32_t code(uint64_t r, uint64_t c) const {
    return m.at(source_row(shape, r), source_col(shape, c));
  }
  float number(uint64_t r, uint64_t c) const {
    return as_float(m, source_row(shape, r), source_col(shape, c));
  }
};

Operand operand(Rig& rig, Type type, Source shape, uint64_t address, uint64_t rows, uint64_t cols,
                uint64_t seed, uint64_t pitch = kPitch) {
  const bool one_row = shape != Source::kTile && shape != Source::kColumn;
  const bool one_col = shape != Source::kTile && shape != Source::kRow;
  Operand o{edgy_matrix(type, one_row ? 1 : rows, one_col ? 1 : cols, seed), shape, address};
  rig.put(Mem::kUb, 1, address, o.m, pitch);
  return o;
}

struct Extent {
  uint64_t rows, cols;
};

// Runs d = OP a for one type and extent and compares every element with `expected`.
template <class C>
void check_unary(Type type, Extent e, Source shape,
                 const std::function<uint32_t(const Operand&, uint64_t, uint64_t)>& expected) {
  Rig rig;
  rig.dirty(Mem::kUb, 1);
  const Operand a = operand(rig, type, shape, kA, e.rows, e.cols, 5);
  C c;
  c.type = type;
  c.a_is = shape;
  c.a = a.value();
  c.d = kD;
  c.rows = e.rows;
  c.cols = e.cols;
  c.a_pitch = c.d_pitch = kPitch;
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kUb, 1, kD, type, e.rows, e.cols, kPitch);
  for (uint64_t r = 0; r < e.rows; ++r) {
    for (uint64_t i = 0; i < e.cols; ++i) REQUIRE(got.at(r, i) == expected(a, r, i));
  }
  const uint64_t end = kD + e.cols * static_cast<uint64_t>(bytes_of(type));
  CHECK(*rig.at(Mem::kUb, 1, end) == std::byte{0xa5});
}

template <class C>
void check_binary(
    Type type, Extent e, Source a_is, Source b_is,
    const std::function<uint32_t(const Operand&, const Operand&, uint64_t, uint64_t)>& expected) {
  Rig rig;
  const Operand a = operand(rig, type, a_is, kA, e.rows, e.cols, 5);
  const Operand b = operand(rig, type, b_is, kC, e.rows, e.cols, 6);
  C c;
  c.type = type;
  c.a_is = a_is;
  c.b_is = b_is;
  c.a = a.value();
  c.b = b.value();
  c.d = kD + 0x2000;
  c.rows = e.rows;
  c.cols = e.cols;
  c.a_pitch = c.b_pitch = c.d_pitch = kPitch;
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kUb, 1, c.d, type, e.rows, e.cols, kPitch);
  for (uint64_t r = 0; r < e.rows; ++r) {
    for (uint64_t i = 0; i < e.cols; ++i) REQUIRE(got.at(r, i) == expected(a, b, r, i));
  }
}

template <class C>
void check_float_unary(float (*f)(float)) {
  for (Type type : {Type::kF32, Type::kF16, Type::kBf16}) {
    for (Extent e : {Extent{1, 1}, Extent{3, 37}}) {
      for (Source s :
           {Source::kTile, Source::kRow, Source::kColumn, Source::kOne, Source::kScalar}) {
        check_unary<C>(type, e, s, [&](const Operand& a, uint64_t r, uint64_t i) {
          return encode(type, static_cast<double>(canonical(f(a.number(r, i)))));
        });
      }
    }
  }
}

template <class C>
void check_float_binary(float (*f)(float, float)) {
  for (Type type : {Type::kF32, Type::kF16, Type::kBf16}) {
    for (auto [a_is, b_is] :
         {std::pair{Source::kTile, Source::kTile}, std::pair{Source::kRow, Source::kColumn},
          std::pair{Source::kOne, Source::kTile}, std::pair{Source::kTile, Source::kScalar}}) {
      for (Extent e : {Extent{1, 1}, Extent{4, 60}, Extent{4, 1}, Extent{1, 40}}) {
        check_binary<C>(type, e, a_is, b_is,
                        [&](const Operand& a, const Operand& b, uint64_t r, uint64_t i) {
                          const float x = canonical(f(a.number(r, i), b.number(r, i)));
                          return encode(type, static_cast<double>(x));
                        });
      }
    }
  }
}

// The code of an integer result, cut to the type.
uint32_t cut(Type type, int64_t value) {
  const uint64_t mask = bits_of(type) == 32 ? 0xffffffff : (1u << bits_of(type)) - 1;
  return static_cast<uint32_t>(static_cast<uint64_t>(value) & mask);
}

template <class C>
void check_integer_binary(std::vector<Type> types,
                          const std::function<int64_t(int64_t, int64_t, int)>& f) {
  for (Type type : types) {
    for (auto [a_is, b_is] :
         {std::pair{Source::kTile, Source::kTile}, std::pair{Source::kColumn, Source::kScalar}}) {
      check_binary<C>(type, {3, 50}, a_is, b_is,
                      [&](const Operand& a, const Operand& b, uint64_t r, uint64_t i) {
                        const auto x = static_cast<int64_t>(decode(type, a.code(r, i)));
                        const auto y = static_cast<int64_t>(decode(type, b.code(r, i)));
                        return cut(type, f(x, y, bits_of(type)));
                      });
    }
  }
}

const std::vector<Type> kArithmetic = {Type::kI32, Type::kI16, Type::kU32};
const std::vector<Type> kBits = {Type::kI32, Type::kI16, Type::kI8, Type::kU32, Type::kU8};

}  // namespace

TEST_CASE("vabs, vneg and vrelu compute in every float type and shape") {
  check_float_unary<Vabs<Value>>([](float x) { return std::fabs(x); });
  check_float_unary<Vneg<Value>>([](float x) { return -x; });
  check_float_unary<Vrelu<Value>>([](float x) { return x <= 0 ? 0.0F : x; });
}

TEST_CASE("vexp, vln, vsqrt, vrsqrt and vrec are npukit's own functions, rounded once") {
  check_float_unary<Vexp<Value>>([](float x) { return exp_f32(x); });
  check_float_unary<Vln<Value>>([](float x) { return ln_f32(x); });
  check_float_unary<Vsqrt<Value>>([](float x) { return sqrt_f32(x); });
  check_float_unary<Vrsqrt<Value>>([](float x) { return rsqrt_f32(x); });
  check_float_unary<Vrec<Value>>([](float x) { return rec_f32(x); });
}

TEST_CASE("vadd, vsub, vmul, vdiv, vmax and vmin compute floats in f32 and round once") {
  check_float_binary<Vadd<Value>>([](float x, float y) { return x + y; });
  check_float_binary<Vsub<Value>>([](float x, float y) { return x - y; });
  check_float_binary<Vmul<Value>>([](float x, float y) { return x * y; });
  check_float_binary<Vdiv<Value>>([](float x, float y) { return x / y; });
  check_float_binary<Vmax<Value>>([](float x, float y) { return max_f32(x, y); });
  check_float_binary<Vmin<Value>>([](float x, float y) { return min_f32(x, y); });
}

TEST_CASE("vadd, vsub and vmul wrap integers; vmax and vmin know the sign of the type") {
  check_integer_binary<Vadd<Value>>(kArithmetic, [](int64_t x, int64_t y, int) { return x + y; });
  check_integer_binary<Vsub<Value>>(kArithmetic, [](int64_t x, int64_t y, int) { return x - y; });
  check_integer_binary<Vmul<Value>>(kArithmetic, [](int64_t x, int64_t y, int) {
    return static_cast<int64_t>(static_cast<uint64_t>(x) * static_cast<uint64_t>(y));
  });
  check_integer_binary<Vmax<Value>>(kArithmetic,
                                    [](int64_t x, int64_t y, int) { return std::max(x, y); });
  check_integer_binary<Vmin<Value>>(kArithmetic,
                                    [](int64_t x, int64_t y, int) { return std::min(x, y); });
}

TEST_CASE("vand, vor, vxor, vshl, vshr and vnot work on bits of integers") {
  check_integer_binary<Vand<Value>>(kBits, [](int64_t x, int64_t y, int) { return x & y; });
  check_integer_binary<Vor<Value>>(kBits, [](int64_t x, int64_t y, int) { return x | y; });
  check_integer_binary<Vxor<Value>>(kBits, [](int64_t x, int64_t y, int) { return x ^ y; });
  check_integer_binary<Vshl<Value>>(kBits, [](int64_t x, int64_t y, int bits) {
    return static_cast<int64_t>(static_cast<uint64_t>(x) << (static_cast<uint64_t>(y) % bits));
  });
  check_integer_binary<Vshr<Value>>(kBits, [](int64_t x, int64_t y, int bits) {
    return x >> (static_cast<uint64_t>(y) % static_cast<uint64_t>(bits));
  });
  for (Type type : {Type::kI32, Type::kU8, Type::kU32}) {
    check_unary<Vnot<Value>>(type, {3, 20}, Source::kTile,
                             [&](const Operand& a, uint64_t r, uint64_t i) {
                               return cut(type, ~static_cast<int64_t>(a.code(r, i)));
                             });
  }
}

TEST_CASE("vcopy moves the bits of every type and spreads rows, columns and registers") {
  for (Type type : {Type::kF32, Type::kBf16, Type::kE4m3, Type::kU8, Type::kI16, Type::kTf32}) {
    for (Source s : {Source::kTile, Source::kRow, Source::kColumn, Source::kOne, Source::kScalar}) {
      check_unary<Vcopy<Value>>(
          type, {3, 41}, s, [](const Operand& a, uint64_t r, uint64_t i) { return a.code(r, i); });
    }
  }
}

TEST_CASE("vfma rounds once in f32 and once more to a narrow type") {
  const auto type = GENERATE(Type::kF32, Type::kF16, Type::kBf16);
  Rig rig;
  const Extent e{3, 40};
  const Operand a = operand(rig, type, Source::kTile, kA, e.rows, e.cols, 5);
  const Operand b = operand(rig, type, Source::kColumn, 0x4000, e.rows, e.cols, 6);
  const Operand addend = operand(rig, type, Source::kRow, kC, e.rows, e.cols, 7);
  Vfma<Value> c;
  c.type = type;
  c.a_is = Source::kTile;
  c.b_is = Source::kColumn;
  c.c_is = Source::kRow;
  c.a = kA;
  c.b = 0x4000;
  c.c = kC;
  c.d = kA;  // in place
  c.rows = e.rows;
  c.cols = e.cols;
  c.a_pitch = c.b_pitch = c.d_pitch = kPitch;
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kUb, 1, kA, type, e.rows, e.cols, kPitch);
  for (uint64_t r = 0; r < e.rows; ++r) {
    for (uint64_t i = 0; i < e.cols; ++i) {
      const float x = std::fma(a.number(r, i), b.number(r, i), addend.number(r, i));
      REQUIRE(got.at(r, i) == encode(type, static_cast<double>(canonical(x))));
    }
  }
}

TEST_CASE("contiguous and strided operands give the same elements, also over long rows") {
  const auto type = GENERATE(Type::kF32, Type::kF16, Type::kI32);
  const uint64_t rows = 3, cols = 1300;
  Rig rig;
  const auto size = static_cast<uint64_t>(bytes_of(type));
  const Matrix a = random_matrix(type, rows, cols, 1), b = random_matrix(type, rows, cols, 2);
  Matrix results[2] = {Matrix(type, rows, cols), Matrix(type, rows, cols)};
  for (uint64_t i = 0; i < 2; ++i) {
    const uint64_t pitch = cols * size + i * 32;
    rig.put(Mem::kUb, 1, 0, a, pitch);
    rig.put(Mem::kUb, 1, 0x4000, b, pitch);
    Vadd<Value> c;
    c.type = type;
    c.a = 0;
    c.b = 0x4000;
    c.d = 0x8000;
    c.rows = rows;
    c.cols = cols;
    c.a_pitch = c.b_pitch = c.d_pitch = pitch;
    rig.run(rig.vector(), c);
    results[i] = rig.get(Mem::kUb, 1, 0x8000, type, rows, cols, pitch);
  }
  CHECK(results[0] == results[1]);
  CHECK(results[0].value(2, 1299) ==
        decode(type, encode(type, a.value(2, 1299) + b.value(2, 1299))));
}

TEST_CASE("a vector instruction with no rows or columns changes nothing, whatever its addresses") {
  Rig rig;
  rig.dirty(Mem::kUb, 1);
  Vadd<Value> c;
  c.type = Type::kF32;
  c.a = c.b = c.d = ~uint64_t{0};
  c.rows = 0;
  c.cols = 9;
  rig.run(rig.vector(), c);
  c.rows = 9;
  c.cols = 0;
  rig.run(rig.vector(), c);
  CHECK(rig.group.vectors[0].ub[0] == std::byte{0xa5});
}
