#include <cmath>

#include "tests/instructions/rig.h"

using namespace npu;
using namespace npu::test;

namespace {

struct Shape {
  uint64_t m, n, k;
};

uint32_t float_code(float x) {
  uint32_t code = 0;
  std::memcpy(&code, &x, 4);
  return code;
}

// One element by the definition: a chain of fused multiply-adds, or exact integers.
uint32_t element(const Matrix& a, const Matrix& b, uint64_t row, uint64_t col, uint32_t start) {
  if (is_integer(a.type)) {
    uint32_t sum = start;
    for (uint64_t i = 0; i < a.cols; ++i) {
      sum += static_cast<uint32_t>(static_cast<int32_t>(a.value(row, i) * b.value(col, i)));
    }
    return sum;
  }
  float sum = 0;
  std::memcpy(&sum, &start, 4);
  for (uint64_t i = 0; i < a.cols; ++i) {
    sum = std::fma(static_cast<float>(a.value(row, i)), static_cast<float>(b.value(col, i)), sum);
  }
  return float_code(sum);
}

Mma<Value> mma_of(Type type, Shape s) {
  Mma<Value> c;
  c.type = type;
  c.c = 1024;
  c.a = 512;
  c.b = 1024;
  c.m = s.m;
  c.n = s.n;
  c.k = s.k;
  return c;
}

}  // namespace

TEST_CASE("mma multiplies every type it is built for, tails included") {
  const auto type = GENERATE(Type::kF32, Type::kTf32, Type::kF16, Type::kBf16, Type::kE4m3,
                             Type::kE5m2, Type::kI8, Type::kI4);
  auto shape = GENERATE(Shape{1, 1, 1}, Shape{16, 16, 16}, Shape{17, 15, 33}, Shape{3, 48, 40},
                        Shape{50, 20, 7});
  const auto accumulate = GENERATE(false, true);
  if (type == Type::kI4) shape.k += shape.k % 2;
  Rig rig;
  rig.dirty(Mem::kL0A);
  rig.dirty(Mem::kL0B);
  rig.dirty(Mem::kL0C);
  const Matrix a = random_matrix(type, shape.m, shape.k, 1),
               b = random_matrix(type, shape.n, shape.k, 2);
  const Type sum_type = is_integer(type) ? Type::kI32 : Type::kF32;
  const Matrix old = random_matrix(sum_type, shape.m, shape.n, 3);
  rig.put_fractal(Mem::kL0A, 512, a);
  rig.put_fractal(Mem::kL0B, 1024, b);
  rig.put_sums(1024, old);
  Mma<Value> c = mma_of(type, shape);
  c.accumulate = accumulate ? 7 : 0;
  rig.run(rig.cube(), c);
  const Matrix got = rig.get_sums(1024, sum_type, shape.m, shape.n);
  for (uint64_t r = 0; r < shape.m; ++r) {
    for (uint64_t i = 0; i < shape.n; ++i) {
      REQUIRE(got.at(r, i) == element(a, b, r, i, accumulate ? old.at(r, i) : 0));
    }
  }
  CHECK(*rig.at(Mem::kL0C, 0, 1023) == std::byte{0xa5});
}

TEST_CASE("mma uses the pitches it is given") {
  Rig rig;
  const Matrix a = random_matrix(Type::kF16, 20, 40, 1), b = random_matrix(Type::kF16, 10, 40, 2);
  rig.put_fractal(Mem::kL0A, 512, a, 2048);
  rig.put_fractal(Mem::kL0B, 1024, b, 1536);
  Mma<Value> c = mma_of(Type::kF16, {20, 10, 40});
  c.a_pitch = 2048;
  c.b_pitch = 1536;
  c.c_pitch = 4096;
  rig.run(rig.cube(), c);
  const Matrix got = rig.get_sums(1024, Type::kF32, 20, 10, 4096);
  for (uint64_t r = 0; r < 20; ++r) {
    for (uint64_t i = 0; i < 10; ++i) REQUIRE(got.at(r, i) == element(a, b, r, i, 0));
  }
}

TEST_CASE("an overwriting mma starts from the bias row, an accumulating one ignores it") {
  const auto type = GENERATE(Type::kF16, Type::kI8);
  const auto accumulate = GENERATE(false, true);
  const Shape shape{18, 35, 20};
  Rig rig;
  const Type sum_type = type == Type::kI8 ? Type::kI32 : Type::kF32;
  const Matrix a = random_matrix(type, shape.m, shape.k, 1),
               b = random_matrix(type, shape.n, shape.k, 2);
  const Matrix bias = random_matrix(sum_type, 1, shape.n, 4);
  const Matrix old = random_matrix(sum_type, shape.m, shape.n, 3);
  rig.put_fractal(Mem::kL0A, 512, a);
  rig.put_fractal(Mem::kL0B, 1024, b);
  rig.put(Mem::kBias, 0, 8, bias);
  rig.put_sums(1024, old);
  Mma<Value> c = mma_of(type, shape);
  c.use_bias = true;
  c.bias = 8;
  c.accumulate = accumulate ? 1 : 0;
  rig.run(rig.cube(), c);
  const Matrix got = rig.get_sums(1024, sum_type, shape.m, shape.n);
  for (uint64_t r = 0; r < shape.m; ++r) {
    for (uint64_t i = 0; i < shape.n; ++i) {
      REQUIRE(got.at(r, i) == element(a, b, r, i, accumulate ? old.at(r, i) : bias.at(0, i)));
    }
  }
}

TEST_CASE("an extent of 0 leaves the sums as they are") {
  const auto shape = GENERATE(Shape{0, 16, 16}, Shape{16, 0, 16}, Shape{16, 16, 0});
  Rig rig;
  rig.dirty(Mem::kL0C);
  rig.run(rig.cube(), mma_of(Type::kF16, shape));
  CHECK(*rig.at(Mem::kL0C, 0, 1024) == std::byte{0xa5});
}

TEST_CASE("mma works on a small machine's tiles") {
  Limits limits = machine();
  limits.fractal_rows = 4;
  limits.fractal_row_bytes = 8;
  Rig rig(limits);
  const Matrix a = random_matrix(Type::kF16, 6, 9, 1), b = random_matrix(Type::kF16, 5, 9, 2);
  rig.put_fractal(Mem::kL0A, 512, a);
  rig.put_fractal(Mem::kL0B, 1024, b);
  rig.run(rig.cube(), mma_of(Type::kF16, {6, 5, 9}));
  const Matrix got = rig.get_sums(1024, Type::kF32, 6, 5);
  for (uint64_t r = 0; r < 6; ++r) {
    for (uint64_t i = 0; i < 5; ++i) REQUIRE(got.at(r, i) == element(a, b, r, i, 0));
  }
}

TEST_CASE("a product of scaled operands: planes loaded, replicated by feed_scale, multiplied") {
  struct Case {
    Type a, b;
    uint64_t a_rows, b_rows, repeat_k;  // what one scale of A and of B serves
  };
  // mx formats, fp8 with 1 x 128 and 128 x 128 blocks, fp8 activations with mxfp4 weights.
  const auto c =
      GENERATE(Case{Type::kE4m3, Type::kE4m3, 1, 1, 1}, Case{Type::kE4m3, Type::kE4m3, 1, 128, 4},
               Case{Type::kE4m3, Type::kE2m1, 1, 1, 1}, Case{Type::kE2m1, Type::kE2m1, 1, 1, 1},
               Case{Type::kE5m2, Type::kE4m3, 8, 1, 1});
  constexpr uint64_t m = 21, n = 35, k = 200, blocks = 7;
  Rig rig;
  rig.dirty(Mem::kL0A);
  rig.dirty(Mem::kL0B);
  const Matrix a = random_matrix(c.a, m, k, 1), b = random_matrix(c.b, n, k, 2);
  rig.put_fractal(Mem::kL0A, 512, a);
  rig.put_fractal(Mem::kL0B, 1024, b);
  const uint64_t tensor = rig.tensor(4096);
  const auto scale = [&](Mem mem, uint64_t to, uint64_t rows, uint64_t a_row, uint64_t seed) {
    Matrix plane(Type::kE8m0, (rows + a_row - 1) / a_row, (blocks + c.repeat_k - 1) / c.repeat_k);
    Numbers numbers(seed);
    for (uint32_t& code : plane.codes) code = 120 + numbers.bits() % 15;
    rig.put(Mem::kGm, 0, tensor, plane, 40);
    Load<Value> load;
    load.type = Type::kE8m0;
    load.layout = Layout::kScale;
    load.src = tensor;
    load.dst = 70000;
    load.rows = plane.rows;
    load.cols = plane.cols;
    load.src_pitch = 40;
    load.dst_pitch = 50;
    rig.run(rig.cube(), load);
    rig.run(rig.cube(), FeedScale<Value>{mem, to, 70000, rows, blocks, a_row, c.repeat_k, 50, {}});
    return plane;
  };
  const Matrix a_plane = scale(Mem::kL0A, 20000, m, c.a_rows, 5),
               b_plane = scale(Mem::kL0B, 20000, n, c.b_rows, 6);
  MmaScaled<Value> mma;
  mma.type_a = c.a;
  mma.type_b = c.b;
  mma.c = 1024;
  mma.a = 512;
  mma.b = 1024;
  mma.m = m;
  mma.n = n;
  mma.k = k;
  mma.a_scale = mma.b_scale = 20000;
  rig.run(rig.cube(), mma);
  const Matrix got = rig.get_sums(1024, Type::kF32, m, n);
  for (uint64_t r = 0; r < m; ++r) {
    for (uint64_t col = 0; col < n; ++col) {
      float sum = 0;
      for (uint64_t i = 0; i < k; ++i) {
        const uint64_t block = i / 32 / c.repeat_k;
        sum = std::fma(static_cast<float>(a.value(r, i) * a_plane.value(r / c.a_rows, block)),
                       static_cast<float>(b.value(col, i) * b_plane.value(col / c.b_rows, block)),
                       sum);
      }
      REQUIRE(got.at(r, col) == float_code(sum));
    }
  }
}

TEST_CASE("feed widens 4-bit elements to the 8-bit type of the same values") {
  const auto type = GENERATE(Type::kE2m1, Type::kI4);
  const Type wide = type == Type::kE2m1 ? Type::kE4m3 : Type::kI8;
  const auto cols = GENERATE(2u, 64u, 98u, 128u);
  Rig rig;
  rig.dirty(Mem::kL0B);
  const Matrix a = random_matrix(type, 21, cols);
  rig.put_fractal(Mem::kL1, 1024, a);
  Feed<Value> feed;
  feed.to = Mem::kL0B;
  feed.type = type;
  feed.widen = true;
  feed.dst = 512;
  feed.src = 1024;
  feed.rows = 21;
  feed.cols = cols;
  rig.run(rig.cube(), feed);
  const Matrix got = rig.get_fractal(Mem::kL0B, 512, wide, 32, cols + 31 - (cols + 31) % 32);
  for (uint64_t r = 0; r < got.rows; ++r) {
    for (uint64_t i = 0; i < got.cols; ++i) {
      REQUIRE(got.value(r, i) == (r < 21 && i < cols ? a.value(r, i) : 0.0));
    }
  }
}
