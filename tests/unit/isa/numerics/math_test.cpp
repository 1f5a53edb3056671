#include "isa/numerics/math.h"

#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "tests/unit/isa/numerics/every_simd.h"

namespace npu {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kDenormal = std::numeric_limits<float>::denorm_min();

struct Function {
  const char* name;
  float (*scalar)(float);
  void (*array)(const float*, float*, size_t);
  double (*exact)(double);
  double max_ulp;
  uint64_t
      digest;  // of the result bits over the sample: the same on every host and from every compiler
};

const Function kFunctions[] = {
    {"exp", exp_f32, exp_f32, [](double x) { return std::exp(x); }, kExpMaxUlp, 0x81031a10b83d0ff8},
    {"ln", ln_f32, ln_f32, [](double x) { return std::log(x); }, kLnMaxUlp, 0x93af1dcc0cc762e7},
    {"sqrt", sqrt_f32, sqrt_f32, [](double x) { return std::sqrt(x); }, kSqrtMaxUlp,
     0xdb0b18aa48c22ac9},
    {"rsqrt", rsqrt_f32, rsqrt_f32, [](double x) { return 1 / std::sqrt(x); }, kRsqrtMaxUlp,
     0x865454f0d30dcc2c},
    {"rec", rec_f32, rec_f32, [](double x) { return 1 / x; }, kRecMaxUlp, 0x431e3808b98993ba},
};

// Floats spread evenly over all bit patterns, and a dense stretch around 1, where logarithms are
// hard.
const std::vector<float>& sample() {
  static const std::vector<float> floats = [] {
    std::vector<float> values;
    for (uint64_t bits = 0; bits < 0x100000000; bits += 3989) {
      values.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
    }
    for (uint32_t bits = 0x3f780000; bits < 0x3f840000; bits += 3) {
      values.push_back(std::bit_cast<float>(bits));
    }
    for (float x = -104.0f; x < 89.0f; x += 0x1p-11f) values.push_back(x);
    return values;
  }();
  return floats;
}

double ulps(float got, double exact) {
  if (std::fabs(exact) >= 0x1.ffffffp127) return std::isinf(got) ? 0.0 : 1e9;
  const double ulp = std::ldexp(1.0, std::max(std::ilogb(exact), -126) - 23);
  return exact == 0 ? static_cast<double>(got != 0) : std::fabs(got - exact) / ulp;
}

bool same(float a, float b) { return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b); }

}  // namespace

TEST_CASE("each function stays within its stated error") {
  for (const Function& f : kFunctions) {
    double worst = 0;
    float at = 0;
    int wrong_nan = 0;
    for (const float x : sample()) {
      const float y = f.scalar(x);
      const double exact = f.exact(x);
      if (std::isnan(exact)) {
        wrong_nan += std::bit_cast<uint32_t>(y) != 0x7fc00000u;
        continue;
      }
      const double error = ulps(y, exact);
      if (error <= worst) continue;
      worst = error;
      at = x;
    }
    INFO(f.name << " is worst at " << at << ": " << worst << " ulp");
    CHECK(worst <= f.max_ulp);
    CHECK(wrong_nan == 0);
  }
}

TEST_CASE("array forms give the bits of the scalar form, in place and apart") {
  for (const Function& f : kFunctions) {
    std::vector<float> right;
    for (const float x : sample()) right.push_back(f.scalar(x));
    for_every_simd([&](Simd level) {
      INFO(f.name << ", simd " << static_cast<int>(level));
      std::vector<float> y(right.size());
      f.array(sample().data(), y.data(), y.size());
      CHECK(std::memcmp(y.data(), right.data(), y.size() * 4) == 0);
      y = sample();
      f.array(y.data(), y.data(), y.size());
      CHECK(std::memcmp(y.data(), right.data(), y.size() * 4) == 0);
    });
  }
}

TEST_CASE("the result bits are pinned") {
  for (const Function& f : kFunctions) {
    uint64_t digest = 0xcbf29ce484222325;
    for (const float x : sample()) {
      digest = (digest ^ std::bit_cast<uint32_t>(f.scalar(x))) * 0x100000001b3;
    }
    CAPTURE(f.name);
    CHECK(digest == f.digest);
  }
}

TEST_CASE("special values of the functions") {
  CHECK(same(exp_f32(-kInf), 0.0f));
  CHECK(exp_f32(kInf) == kInf);
  CHECK(exp_f32(0.0f) == 1.0f);
  CHECK(exp_f32(-0.0f) == 1.0f);
  CHECK(exp_f32(88.7228f) < kInf);
  CHECK(exp_f32(88.73f) == kInf);
  CHECK(exp_f32(-103.9f) == kDenormal);
  CHECK(same(exp_f32(-103.98f), 0.0f));
  CHECK(exp_f32(-90.0f) > 0.0f);

  CHECK(ln_f32(0.0f) == -kInf);
  CHECK(ln_f32(-0.0f) == -kInf);
  CHECK(ln_f32(kInf) == kInf);
  CHECK(same(ln_f32(1.0f), 0.0f));
  CHECK(std::isnan(ln_f32(-kDenormal)));
  CHECK(std::isnan(ln_f32(-kInf)));
  CHECK(ln_f32(kDenormal) == Approx(-103.2789).epsilon(1e-6));

  CHECK(same(sqrt_f32(-0.0f), -0.0f));
  CHECK(sqrt_f32(kInf) == kInf);
  CHECK(std::isnan(sqrt_f32(-1.0f)));

  CHECK(rsqrt_f32(0.0f) == kInf);
  CHECK(rsqrt_f32(-0.0f) == -kInf);
  CHECK(same(rsqrt_f32(kInf), 0.0f));
  CHECK(std::isnan(rsqrt_f32(-1.0f)));
  CHECK(rsqrt_f32(4.0f) == 0.5f);

  CHECK(rec_f32(0.0f) == kInf);
  CHECK(rec_f32(-0.0f) == -kInf);
  CHECK(same(rec_f32(-kInf), -0.0f));
  CHECK(rec_f32(kDenormal) == kInf);
  CHECK(rec_f32(0x1p127f) == 0x1p-127f);
}

}  // namespace npu
