// The checker itself: what it must refuse.
#include "kernels/ops/compare.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "kernels/ops/catalog.h"

namespace npu {
namespace {

constexpr int64_t kSize = 48;

const Operator& matmul_operator() { return find_operator("matmul"); }

struct Sample {
  std::vector<OperatorArgument> arguments;
  Expected expected;
  HostTensor right;  // the reference, rounded to the output's type
};

Sample sample(const char* type) {
  const Operator& op = matmul_operator();
  const Options options("matmul", op.options,
                        {{"m", "48"}, {"n", "48"}, {"k", "48"}, {"dtype", type}});
  Sample s;
  s.arguments = op.arguments(options, 7, Contents::kAll);
  s.expected = op.expected(options, s.arguments).front();
  const HostTensor& out = s.arguments.back().tensor;
  s.right = tensor_from(out.type, out.dims, s.expected.want);
  return s;
}

CheckResult judge(const Sample& s, const HostTensor& got) {
  return compare(got, s.expected.want, s.expected.bound);
}

TEST_CASE("the reference rounded to the output type passes") {
  for (const char* type : {"fp32", "tf32", "fp16", "bf16", "int8"}) {
    const Sample s = sample(type);
    const CheckResult result = judge(s, s.right);
    INFO(result.text());
    CHECK(result.passed);
    CHECK(result.failures == 0);
    CHECK(result.elements == kSize * kSize);
  }
}

TEST_CASE("an output of zeros fails for every type") {
  for (const char* type : {"fp32", "tf32", "fp16", "bf16", "int8"}) {
    const Sample s = sample(type);
    const CheckResult result = judge(s, zero_tensor(s.right.type, s.right.dims));
    CHECK_FALSE(result.passed);
    CHECK(result.failures > kSize * kSize / 2);
  }
}

TEST_CASE("an output with its sign flipped fails") {
  const Sample s = sample("fp16");
  HostTensor flipped = s.right;
  for (int64_t i = 0; i < flipped.count(); ++i) flipped.set(i, -s.right.at(i));
  CHECK_FALSE(judge(s, flipped).passed);
}

TEST_CASE("one wrong tile among many fails, and the worst element lies in it") {
  const Sample s = sample("fp16");
  HostTensor wrong = s.right;
  for (int64_t r = 16; r < 32; ++r) {
    for (int64_t c = 32; c < 48; ++c) wrong.set(r * kSize + c, s.right.at((r - 16) * kSize + c));
  }
  const CheckResult result = judge(s, wrong);
  CHECK_FALSE(result.passed);
  CHECK(result.failures <= 256);
  REQUIRE(result.worst_at.size() == 2);
  CHECK(result.worst_at[0] / 16 == 1);
  CHECK(result.worst_at[1] / 16 == 2);
  CHECK(result.ratio > 1);
  CHECK(result.text().find("FAIL") == 0);
}

TEST_CASE("an output that was never written fails") {
  const Sample s = sample("fp16");
  const CheckResult result = judge(s, s.arguments.back().tensor);
  CHECK_FALSE(result.passed);
  CHECK(result.failures == kSize * kSize);
}

TEST_CASE("one NaN or infinity fails, in the output and in the reference") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> want{1, 2}, bound{0.5, 0.5}, odd{1, kNan};
  CHECK(compare(tensor_from(Type::kF32, {2}, want), want, bound).passed);
  CHECK_FALSE(compare(tensor_from(Type::kF32, {2}, odd), want, bound).passed);
  CHECK_FALSE(compare(tensor_from(Type::kF32, {2}, odd), odd, bound).passed);
  const std::vector<double> infinite{1, HUGE_VAL}, endless{0.5, HUGE_VAL}, unknown{0.5, kNan};
  CHECK_FALSE(compare(tensor_from(Type::kF32, {2}, infinite), want, bound).passed);
  CHECK_FALSE(compare(tensor_from(Type::kF32, {2}, infinite), infinite, bound).passed);
  CHECK_FALSE(compare(tensor_from(Type::kF32, {2}, want), want, endless).passed);
  CHECK_FALSE(compare(tensor_from(Type::kF32, {2}, want), want, unknown).passed);
}

TEST_CASE("an element just within its bound passes and one just beyond fails") {
  const std::vector<double> want{100, 200}, bound{1, 2};
  CHECK(compare(tensor_from(Type::kF32, {2}, std::vector<double>{101, 202}), want, bound).passed);
  const CheckResult beyond =
      compare(tensor_from(Type::kF32, {2}, std::vector<double>{100, 202.001}), want, bound);
  CHECK_FALSE(beyond.passed);
  CHECK(beyond.failures == 1);
  CHECK(beyond.worst == 1);
}

TEST_CASE("a bound of zero asks for the exact value") {
  const std::vector<double> want{5, 0}, bound{0, 0};
  CHECK(compare(tensor_from(Type::kI32, {2}, want), want, bound).passed);
  CHECK_FALSE(compare(tensor_from(Type::kI32, {2}, std::vector<double>{5, 1}), want, bound).passed);
}

TEST_CASE("bounds that cannot tell the reference from zeros fail even the right output") {
  const std::vector<double> want{0.1, -0.2}, bound{1, 1};
  const CheckResult result = compare(tensor_from(Type::kF32, {2}, want), want, bound);
  CHECK_FALSE(result.passed);
  CHECK(result.failures == 0);
  CHECK_FALSE(result.reason.empty());
  const std::vector<double> nothing{0, 0};
  CHECK(compare(tensor_from(Type::kF32, {2}, nothing), nothing, bound).passed);
}

TEST_CASE("a tensor without elements proves nothing and fails") {
  const CheckResult result = compare(zero_tensor(Type::kF16, {0, 4}), {}, {});
  CHECK_FALSE(result.passed);
  CHECK(result.text() == "FAIL: there are no elements to compare");
}

}  // namespace
}  // namespace npu
