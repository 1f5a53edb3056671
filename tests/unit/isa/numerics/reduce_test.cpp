#include "isa/numerics/reduce.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "tests/unit/isa/numerics/every_simd.h"

namespace npu {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

uint32_t bits(float x) { return std::bit_cast<uint32_t>(x); }

std::vector<float> wide_values(size_t count) {
  std::mt19937 random(static_cast<uint32_t>(count));
  std::vector<float> x(count);
  for (float& value : x) {
    value = std::ldexp(static_cast<float>(static_cast<int32_t>(random())),
                       static_cast<int>(random() % 40) - 50);
  }
  return x;
}

// The tree as the header states it, adding in a loop that nothing can reorder.
float sum_by_the_book(const std::vector<float>& x) {
  std::vector<float> lane(64, 0.0f);
  for (size_t i = 0; i < x.size(); ++i) lane[i % 64] += x[i];
  while (lane.size() > 1) {
    const size_t half = lane.size() / 2;
    for (size_t j = 0; j < half; ++j) lane[j] += lane[j + half];
    lane.resize(half);
  }
  return lane[0];
}

}  // namespace

TEST_CASE("a row sum follows its documented tree for every length") {
  for_every_simd([](Simd) {
    for (size_t count = 0; count < 400; ++count) {
      const std::vector<float> x = wide_values(count);
      REQUIRE(bits(row_sum(x.data(), count)) == bits(sum_by_the_book(x)));
    }
  });
}

TEST_CASE("row sums of zeros, infinities and NaN") {
  for_every_simd([](Simd) {
    const std::vector<float> zeros(100, -0.0f);
    CHECK(bits(row_sum(zeros.data(), zeros.size())) == 0);
    CHECK(bits(row_sum(nullptr, 0)) == 0);
    const float both[] = {kInf, -kInf};
    CHECK(bits(row_sum(both, 2)) == 0x7fc00000u);
    const float odd[] = {1.0f, std::bit_cast<float>(0xffc12345u)};
    CHECK(bits(row_sum(odd, 2)) == 0x7fc00000u);
  });
}

TEST_CASE("maximum, minimum, absolute maximum and argmax agree with a plain search") {
  for_every_simd([](Simd) {
    for (size_t count = 1; count < 300; ++count) {
      const std::vector<float> x = wide_values(count);
      float largest = -kInf, smallest = kInf, absolute = 0;
      size_t index = 0;
      for (size_t i = 0; i < count; ++i) {
        if (x[i] > largest) index = i;
        largest = std::fmax(largest, x[i]);
        smallest = std::fmin(smallest, x[i]);
        absolute = std::fmax(absolute, std::fabs(x[i]));
      }
      REQUIRE(row_max(x.data(), count) == largest);
      REQUIRE(row_min(x.data(), count) == smallest);
      REQUIRE(row_absmax(x.data(), count) == absolute);
      REQUIRE(row_argmax(x.data(), count) == index);
    }
  });
}

TEST_CASE("a NaN anywhere is the extreme of the row and the first one its argmax") {
  for_every_simd([](Simd) {
    for (const size_t at : {size_t{0}, size_t{17}, size_t{64}, size_t{199}}) {
      std::vector<float> x = wide_values(200);
      x[at] = std::bit_cast<float>(0xffc00001u);
      x[199] = kNan;
      CHECK(bits(row_max(x.data(), x.size())) == 0x7fc00000u);
      CHECK(bits(row_min(x.data(), x.size())) == 0x7fc00000u);
      CHECK(bits(row_absmax(x.data(), x.size())) == 0x7fc00000u);
      CHECK(row_argmax(x.data(), x.size()) == at);
    }
  });
}

TEST_CASE("extremes of nothing, of equals and of zeros of both signs") {
  for_every_simd([](Simd) {
    CHECK(row_max(nullptr, 0) == -kInf);
    CHECK(row_min(nullptr, 0) == kInf);
    CHECK(bits(row_absmax(nullptr, 0)) == 0);
    CHECK(row_argmax(nullptr, 0) == 0);
    const float zeros[] = {-0.0f, 0.0f, -0.0f};
    CHECK(bits(row_max(zeros, 3)) == bits(0.0f));
    CHECK(bits(row_min(zeros, 3)) == bits(-0.0f));
    CHECK(row_argmax(zeros, 3) == 0);
    const float least[] = {-kInf, -kInf};
    CHECK(row_argmax(least, 2) == 0);
    std::vector<float> equal(150, 3.0f);
    equal[0] = 2.0f;
    CHECK(row_argmax(equal.data(), equal.size()) == 1);
  });
}

TEST_CASE("elementwise maximum and minimum follow the rules of the rows") {
  const float specials[] = {0.0f, -0.0f, 1.0f, -1.0f, kInf, -kInf, kNan, 1e-45f};
  std::vector<float> a, b;
  for (const float x : specials) {
    for (const float y : specials) {
      a.push_back(x);
      b.push_back(y);
    }
  }
  for_every_simd([&](Simd) {
    std::vector<float> high(a.size()), low = a;
    max_f32(a.data(), b.data(), high.data(), a.size());
    min_f32(low.data(), b.data(), low.data(), a.size());
    for (size_t i = 0; i < a.size(); ++i) {
      const float pair[] = {a[i], b[i]};
      REQUIRE(bits(high[i]) == bits(row_max(pair, 2)));
      REQUIRE(bits(low[i]) == bits(row_min(pair, 2)));
      REQUIRE(bits(high[i]) == bits(max_f32(a[i], b[i])));
      REQUIRE(bits(low[i]) == bits(min_f32(a[i], b[i])));
    }
  });
}

}  // namespace npu
