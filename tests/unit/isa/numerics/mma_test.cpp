#include "isa/numerics/mma.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "isa/numerics/scalar.h"
#include "tests/unit/isa/numerics/every_simd.h"

namespace npu {
namespace {

constexpr Type kTypes[] = {Type::kF32,  Type::kTf32, Type::kF16, Type::kBf16,
                           Type::kE4m3, Type::kE5m2, Type::kI8,  Type::kI4};

struct Machine {
  const char* name;
  int rows, row_bytes;      // operand fractals
  int c_rows, c_row_bytes;  // accumulator fractals
};
constexpr Machine kBase = {"base", 16, 32, 16, 64};
constexpr Machine kTiny = {"tiny", 4, 8, 4, 16};

// A buffer of fractals and the address of an element in it, by the formula of the header. Columns
// are one fractal apart more than they need to be, to catch a stride that is not used.
struct Fractals {
  int rows, fractal_rows, row_bytes, bits;
  size_t stride;
  std::vector<uint8_t> bytes;

  Fractals(int r, int c, int fractal, int row, Type type)
      : rows(r), fractal_rows(fractal), row_bytes(row), bits(bits_of(type)) {
    const int c0 = row * 8 / bits;
    stride =
        static_cast<size_t>((r + fractal - 1) / fractal + 1) * static_cast<size_t>(fractal * row);
    bytes.assign(stride * static_cast<size_t>((c + c0 - 1) / c0), 0x5a);
  }
  uint8_t* at(int r, int c) {
    const int c0 = row_bytes * 8 / bits;
    return bytes.data() + static_cast<size_t>(c / c0) * stride +
           static_cast<size_t>((r / fractal_rows) * fractal_rows * row_bytes +
                               (r % fractal_rows) * row_bytes + (c % c0) * bits / 8);
  }
  void put(int r, int c, uint32_t code) {
    uint8_t* to = at(r, c);
    if (bits >= 8) {
      std::memcpy(to, &code, static_cast<size_t>(bits / 8));
    } else {
      const int shift = c % 2 * 4;
      *to = static_cast<uint8_t>((*to & (0xf0 >> shift)) | (code & 0xf) << shift);
    }
  }
  uint32_t get(int r, int c) {
    if (bits < 8) return static_cast<uint32_t>(*at(r, c) >> (c % 2 * 4) & 0xf);
    uint32_t code = 0;
    std::memcpy(&code, at(r, c), static_cast<size_t>(bits / 8));
    return code;
  }
  FractalView view() const {
    return {reinterpret_cast<const std::byte*>(bytes.data()), stride, fractal_rows, row_bytes};
  }
  MutableFractalView mutable_view() {
    return {reinterpret_cast<std::byte*>(bytes.data()), stride, fractal_rows, row_bytes};
  }
};

enum class Fill { kNumbers, kAnyBits };

struct Problem {
  Type type;
  int m, n, k;
  Fractals a, b, c;

  Problem(Type t, const Machine& machine, int m_, int n_, int k_, Fill fill)
      : type(t),
        m(m_),
        n(n_),
        k(k_),
        a(m_, k_, machine.rows, machine.row_bytes, t),
        b(n_, k_, machine.rows, machine.row_bytes, t),
        c(m_, n_, machine.c_rows, machine.c_row_bytes, Type::kF32) {
    std::mt19937 random(static_cast<uint32_t>(m * 10000 + n * 100 + k));
    fill_operand(a, m, random, fill);
    fill_operand(b, n, random, fill);
    for (int r = 0; r < m; ++r) {
      for (int col = 0; col < n; ++col) {
        const auto value = static_cast<float>(random() % 1000) / 37.0f;
        const uint32_t bits = is_integer(t) ? 0x7fffff00u + random() % 512
                              : fill == Fill::kAnyBits && random() % 8 == 0
                                  ? static_cast<uint32_t>(random())
                                  : std::bit_cast<uint32_t>(value);
        std::memcpy(c.at(r, col), &bits, 4);
      }
    }
  }

  void fill_operand(Fractals& x, int rows, std::mt19937& random, Fill fill) const {
    std::normal_distribution<double> normal;
    for (int r = 0; r < rows; ++r) {
      for (int i = 0; i < k; ++i) {
        // f32 bits, also for tf32, which must be rounded as they are read.
        const Type stored = type == Type::kTf32 ? Type::kF32 : type;
        const double scale = type == Type::kI8 ? 60 : type == Type::kI4 ? 4 : 1;
        const bool any = fill == Fill::kAnyBits && random() % 16 == 0;
        const uint32_t code =
            any ? static_cast<uint32_t>(random()) : encode(stored, normal(random) * scale);
        x.put(r, i, code);
      }
    }
  }

  double element(Fractals& x, int r, int i) const { return decode(type, x.get(r, i)); }

  uint32_t by_the_book(int r, int col, bool accumulate) {
    uint32_t start = 0;
    if (accumulate) std::memcpy(&start, c.at(r, col), 4);
    if (is_integer(type)) {
      uint32_t sum = start;
      for (int i = 0; i < k; ++i) {
        sum += static_cast<uint32_t>(static_cast<int>(element(a, r, i)) *
                                     static_cast<int>(element(b, col, i)));
      }
      return sum;
    }
    auto sum = std::bit_cast<float>(start);
    for (int i = 0; i < k; ++i) {
      sum = std::fma(static_cast<float>(element(a, r, i)), static_cast<float>(element(b, col, i)),
                     sum);
    }
    return std::bit_cast<uint32_t>(canonical(sum));
  }

  // All of C's buffer as it must be afterwards, bytes outside (m, n) included.
  std::vector<uint8_t> expected(bool accumulate) {
    Fractals after = c;
    for (int r = 0; r < m; ++r) {
      for (int col = 0; col < n; ++col) {
        const uint32_t bits = by_the_book(r, col, accumulate);
        std::memcpy(after.at(r, col), &bits, 4);
      }
    }
    return after.bytes;
  }
};

void check(Type type, const Machine& machine, int m, int n, int k, Fill fill) {
  Problem problem(type, machine, m, n, k, fill);
  for (const bool accumulate : {false, true}) {
    const std::vector<uint8_t> right = problem.expected(accumulate);
    for_every_simd([&](Simd level) {
      Fractals c = problem.c;
      mma(type, problem.a.view(), problem.b.view(), c.mutable_view(), m, n, k, accumulate);
      INFO(type_name(type) << " " << m << "x" << n << "x" << k << " on " << machine.name
                           << ", simd " << static_cast<int>(level) << ", accumulate "
                           << accumulate);
      REQUIRE(c.bytes == right);
    });
  }
}

// The same for mma_scaled, with scales from 2^-20 to 2^20, some NaN, in a plane with gaps.
void check_scaled(Type type_a, Type type_b, const Machine& machine, int m, int n, int k) {
  Problem left(type_a, machine, m, 1, k, Fill::kAnyBits),
      right(type_b, machine, n, 1, k, Fill::kAnyBits);
  std::mt19937 random(3);
  const int blocks = (k + kScaleBlock - 1) / kScaleBlock;
  const auto scales_of = [&](int rows) {
    std::vector<uint8_t> scales(static_cast<size_t>((rows + 3) * blocks));
    for (uint8_t& scale : scales) {
      scale = static_cast<uint8_t>(random() % 50 == 0 ? 255 : 107 + random() % 41);
    }
    return scales;
  };
  const std::vector<uint8_t> a_scales = scales_of(m), b_scales = scales_of(n);
  const auto view_of = [](const std::vector<uint8_t>& scales, int rows) {
    return ScaleView{reinterpret_cast<const std::byte*>(scales.data()),
                     static_cast<size_t>(rows + 3)};
  };
  const auto value = [](Problem& p, const std::vector<uint8_t>& scales, int rows, int r, int i) {
    const size_t at = static_cast<size_t>(i) / kScaleBlock * (rows + 3) + r;
    return static_cast<float>(p.element(p.a, r, i)) *
           static_cast<float>(decode(Type::kE8m0, scales[at]));
  };
  Fractals sums(m, n, machine.c_rows, machine.c_row_bytes, Type::kF32), right_sums = sums;
  for (int r = 0; r < m; ++r) {
    for (int col = 0; col < n; ++col) {
      float sum = 0;
      for (int i = 0; i < k; ++i) {
        sum = std::fma(value(left, a_scales, m, r, i), value(right, b_scales, n, col, i), sum);
      }
      right_sums.put(r, col, std::bit_cast<uint32_t>(canonical(sum)));
    }
  }
  for_every_simd([&](Simd level) {
    Fractals c = sums;
    mma_scaled({type_a, left.a.view(), view_of(a_scales, m)},
               {type_b, right.a.view(), view_of(b_scales, n)}, c.mutable_view(), m, n, k, false);
    INFO(type_name(type_a) << " " << type_name(type_b) << " " << m << "x" << n << "x" << k << " on "
                           << machine.name << ", simd " << static_cast<int>(level));
    REQUIRE(c.bytes == right_sums.bytes);
  });
}

}  // namespace

TEST_CASE("every element is one fused multiply-add chain in ascending k, on odd shapes") {
  struct Shape {
    int m, n, k;
  };
  for (const Type type : kTypes) {
    for (const Shape& s :
         {Shape{1, 1, 1}, Shape{16, 16, 16}, Shape{17, 33, 31}, Shape{5, 15, 64}, Shape{29, 48, 7},
          Shape{3, 97, 40}, Shape{43, 31, 65}, Shape{15, 1, 129}, Shape{128, 64, 32}}) {
      const int k = type == Type::kI4 ? s.k + s.k % 2 : s.k;
      check(type, kBase, s.m, s.n, k, Fill::kNumbers);
      check(type, kTiny, s.m, s.n, k, Fill::kNumbers);
    }
  }
}

TEST_CASE("NaN, infinity and subnormal operands give the same canonical bits everywhere") {
  for (const Type type : kTypes) {
    const int k = type == Type::kI4 ? 24 : 23;
    check(type, kBase, 19, 37, k, Fill::kAnyBits);
    check(type, kTiny, 19, 37, k, Fill::kAnyBits);
  }
}

TEST_CASE("every height of a strip of rows is right") {
  for (int m = 1; m <= 30; ++m) {
    check(Type::kF16, kBase, m, 48, 17, Fill::kNumbers);
    check(Type::kI8, kBase, m, 48, 17, Fill::kNumbers);
  }
}

TEST_CASE("i8 sums wrap in two's complement") {
  Problem problem(Type::kI8, kBase, 1, 1, 2, Fill::kNumbers);
  for (int i = 0; i < 2; ++i) *problem.a.at(0, i) = *problem.b.at(0, i) = 0x80;
  const int32_t start = 2147483647;
  std::memcpy(problem.c.at(0, 0), &start, 4);
  mma(Type::kI8, problem.a.view(), problem.b.view(), problem.c.mutable_view(), 1, 1, 2, true);
  int32_t sum = 0;
  std::memcpy(&sum, problem.c.at(0, 0), 4);
  CHECK(sum == -2147483647 - 1 + 32767);
}

TEST_CASE("an extent of zero does nothing, and k = 0 starts from zero or from C") {
  Problem problem(Type::kF16, kBase, 20, 20, 16, Fill::kNumbers);
  const std::vector<uint8_t> before = problem.c.bytes;
  const auto run = [&](int m, int n, int k, bool accumulate) {
    mma(Type::kF16, problem.a.view(), problem.b.view(), problem.c.mutable_view(), m, n, k,
        accumulate);
  };
  run(0, 20, 16, false);
  run(20, 0, 16, false);
  run(20, 20, 0, true);
  CHECK(problem.c.bytes == before);
  run(20, 20, 0, false);
  const uint8_t zero[4] = {};
  for (int r = 0; r < 20; ++r) {
    for (int c = 0; c < 20; ++c) REQUIRE(std::memcmp(problem.c.at(r, c), zero, 4) == 0);
  }
  CHECK(*problem.c.at(20, 0) == 0x5a);
}

// The same matrix stored as its transpose.
Fractals turned(Fractals& x, int rows, int cols, const Machine& machine, Type type) {
  Fractals result(cols, rows, machine.rows, machine.row_bytes, type);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < cols; ++c) result.put(c, r, x.get(r, c));
  }
  return result;
}

void check_steps(Type type, const Machine& machine, int m, int n, const std::vector<int>& steps,
                 bool a_turned, bool b_turned) {
  for (const bool accumulate : {false, true}) {
    std::vector<Problem> parts;
    std::vector<Fractals> operands;
    parts.reserve(steps.size());
    operands.reserve(2 * steps.size());
    for (const int k : steps) parts.emplace_back(type, machine, m, n, k, Fill::kAnyBits);
    std::vector<MmaStep> views;
    for (Problem& part : parts) {
      operands.push_back(a_turned ? turned(part.a, m, part.k, machine, type) : part.a);
      const FractalView a = operands.back().view();
      operands.push_back(b_turned ? turned(part.b, n, part.k, machine, type) : part.b);
      views.push_back({a, operands.back().view(), a_turned, b_turned, part.k});
    }
    Fractals right = parts[0].c;
    for (size_t i = 0; i < parts.size(); ++i) {
      mma(type, parts[i].a.view(), parts[i].b.view(), right.mutable_view(), m, n, parts[i].k,
          accumulate || i > 0);
    }
    for_every_simd([&](Simd level) {
      Fractals c = parts[0].c;
      mma(type, views, c.mutable_view(), m, n, accumulate);
      INFO(type_name(type) << " on " << machine.name << ", simd " << static_cast<int>(level)
                           << ", accumulate " << accumulate);
      REQUIRE(c.bytes == right.bytes);
    });
  }
}

TEST_CASE("steps of k in one pass give the bits of one product after the other") {
  for (const Type type : kTypes) {
    for (const Machine& machine : {kBase, kTiny}) {
      for (const auto& [m, n] : {std::pair(32, 48), std::pair(19, 37)}) {
        check_steps(type, machine, m, n, {32, 64, 32, 32, 32, 96, 16}, false, false);
        check_steps(type, machine, m, n, {20, 32, 32, 8, 160, 32}, false, false);
        if (is_integer(type)) continue;
        check_steps(type, machine, m, n, {64, 32, 7, 64, 16, 16}, false, true);
        check_steps(type, machine, m, n, {64, 32, 7, 64, 16, 16}, true, false);
        check_steps(type, machine, m, n, {16, 16, 33}, true, true);
      }
    }
  }
}

TEST_CASE("scaled operands enter the chain multiplied by their scale, on odd shapes") {
  for (const auto& [type_a, type_b] :
       {std::pair(Type::kE4m3, Type::kE4m3), std::pair(Type::kE5m2, Type::kE4m3),
        std::pair(Type::kE4m3, Type::kE2m1), std::pair(Type::kE2m1, Type::kE2m1)}) {
    for (const Machine& machine : {kBase, kTiny}) {
      for (const auto& [m, n, k] : {std::tuple(1, 1, 2), std::tuple(17, 33, 100),
                                    std::tuple(16, 16, 64), std::tuple(5, 40, 130)}) {
        check_scaled(type_a, type_b, machine, m, n, k);
      }
    }
  }
}

TEST_CASE("the accumulator of integers is i32, that of floats f32") {
  CHECK(accumulator_of(Type::kI4) == Type::kI32);
  CHECK(accumulator_of(Type::kI8) == Type::kI32);
  CHECK(accumulator_of(Type::kBf16) == Type::kF32);
  CHECK(is_mma_type(Type::kE4m3));
  CHECK(!is_mma_type(Type::kE2m1));
  CHECK(!is_mma_type(Type::kI32));
}

}  // namespace npu
