// The rest of a layer: quantisers, layer normalisation, sampling, caches of bytes; and for all of
// it and MoE, that the comparison with the reference catches planted faults.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <string>

#include "kernels/ops/quantize.h"
#include "kernels/ops/sample_top_k.h"
#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

struct Case {
  const char* name;
  const char* options;
};

constexpr std::array<Case, 36> kCases = {{
    {"quantize", "rows=1 cols=2 group=0"},
    {"quantize", "rows=5 cols=256"},
    {"quantize", "rows=7 cols=320"},
    {"quantize", "rows=67 cols=129"},
    {"quantize", "rows=4 cols=7168"},
    {"quantize", "rows=5 cols=128 group=32"},
    {"quantize", "rows=5 cols=256 code=e5m2 group=32"},
    {"quantize", "rows=9 cols=100 group=0 code=int8 scale=fp32"},
    {"quantize", "rows=33 cols=512 scale=fp32"},
    {"quantize", "rows=3 cols=61 values=true group=32"},
    {"quantize", "rows=5 cols=64 values=true keep=16 group=64"},
    {"quantize", "rows=130 cols=512 values=true keep=64 group=64"},
    {"quantize", "rows=6 cols=96 values=true group=32 code=e2m1"},
    {"layernorm", "rows=1 cols=1"},
    {"layernorm", "rows=3 cols=100"},
    {"layernorm", "rows=37 cols=257 weight=fp16"},
    {"layernorm", "rows=5 cols=2048"},
    {"layernorm", "rows=200 cols=8 eps=0.001"},
    {"rmsnorm", "rows=9 cols=4096"},
    {"rmsnorm", "rows=3 cols=1028 weight=bf16"},
    {"sample_top_k", "rows=1 candidates=1"},
    {"sample_top_k", "rows=9"},
    {"sample_top_k", "rows=3 candidates=1024 temperature=0.5 seed=77"},
    {"sample_top_k", "rows=200 candidates=2 temperature=3"},
    {"sample_top_k", "rows=5 candidates=67 seed=4000000000"},
    {"cache_write", "rows=3 capacity=9 cols=448 dtype=e4m3"},
    {"cache_write", "rows=5 capacity=5 cols=7 dtype=u8"},
    {"cache_write", "rows=2 capacity=300 cols=33 dtype=int8"},
    {"quantize", "rows=2 cols=31 group=32"},
    {"layernorm", "rows=2 cols=5120"},
    {"quantize", "rows=130 cols=192 block-rows=128"},
    {"quantize", "rows=1 cols=2 block-rows=128"},
    {"quantize", "rows=300 cols=97 block-rows=64 group=32 scale=fp32"},
    {"quantize", "rows=17 cols=33 block-rows=16 group=32 code=int8 scale=fp32"},
    {"quantize", "rows=700 cols=96 group=32"},
    {"quantize", "rows=69 cols=1024 group=512"},
}};

constexpr const char* kTypes[] = {"fp32", "fp16", "bf16"};

std::string with_type(const Case& one, const char* type) {
  const std::string name = one.name;
  const bool fixed = name == "sample_top_k" || name == "cache_write";
  return fixed ? one.options : one.options + std::string(" dtype=") + type;
}

void check_one(KernelBench& bench, const Case& one, const char* type, uint64_t seed) {
  const std::string options = with_type(one, type);
  const KernelBench::Outcome outcome = bench.run(one.name, options_from(options), seed);
  INFO(one.name << " " << options << "\n" << outcome.text());
  CHECK(outcome.good());
}

TEST_CASE("quantisers, norms and sampling are right for every type and shape") {
  KernelBench bench(small_base());
  for (const char* type : kTypes) {
    for (size_t i = 0; i < kCases.size(); ++i) check_one(bench, kCases[i], type, i + 1);
  }
}

TEST_CASE("quantisers, norms and sampling are right in time and without hazards") {
  KernelBench direct(small_base(), Mode::kFull, true);
  KernelBench through_gm(small_base_through_gm(), Mode::kFull, true);
  for (size_t i = 0; i < kCases.size(); ++i)
    check_one(i % 2 == 0 ? direct : through_gm, kCases[i], kTypes[i % 3], i + 1);
  KernelBench tiny(tiny_machine(), Mode::kFull, true);
  for (const size_t i : {0, 1, 6, 7, 10, 12, 14, 20, 21, 26, 33}) {
    check_one(tiny, kCases[i], "bf16", i);
  }
}

std::vector<double> quantised(const QuantizeShape& shape, const std::vector<double>& x) {
  KernelBench bench(small_base());
  std::vector<OperatorArgument> arguments(3);
  arguments[0] = {.name = "x", .tensor = tensor_from(Type::kF32, {shape.rows, shape.cols}, x)};
  arguments[1] = {
      .name = "codes", .output = true, .tensor = zero_tensor(shape.code, {shape.rows, shape.cols})};
  arguments[2] = {.name = "scales",
                  .output = true,
                  .tensor = zero_tensor(shape.scale, {shape.rows, shape.groups()})};
  REQUIRE_FALSE(bench.launch(quantize(bench.limits(), shape), arguments).fault);
  std::vector<double> all = values_of(arguments[2].tensor);
  const std::vector<double> codes = values_of(arguments[1].tensor);
  all.insert(all.end(), codes.begin(), codes.end());
  return all;
}

TEST_CASE("a scale is the next power of two, and codes tie to even") {
  const QuantizeShape shape{.rows = 1, .cols = 4};
  // 448 just fits scale 1; a little more needs 2.
  CHECK(quantised(shape, {448, 17, 19, -0.0}) == std::vector<double>{1, 448, 16, 20, 0});
  CHECK(quantised(shape, {448.0001, 34, 38, -448}) == std::vector<double>{2, 224, 16, 20, -224});
  CHECK(quantised(shape, {0, 0, 0, 0})[0] == 0x1p-22);  // of the floor, 1e-4 / 448
}

TEST_CASE("a NaN in a group makes its scale NaN, and the other groups stay right") {
  const QuantizeShape shape{.rows = 1, .cols = 64, .group = 32};
  std::vector<double> x(64, 1);
  x[3] = std::nan("");
  const std::vector<double> got = quantised(shape, x);
  CHECK(std::isnan(got[0]));
  CHECK(got[1] == 0x1p-8);
  CHECK(got[2 + 63] == 256);
}

TEST_CASE("a NaN in a short last group stays in its row") {
  constexpr int64_t kRows = 600, kCols = 160;
  const QuantizeShape shape{.rows = kRows, .cols = kCols, .group = 128};
  std::vector<double> x(kRows * kCols, 1);
  x[150] = std::nan("");
  const std::vector<double> got = quantised(shape, x);
  CHECK(std::isnan(got[1]));
  for (int64_t row = 1; row < kRows; ++row) {
    CAPTURE(row);
    REQUIRE(got[static_cast<size_t>(2 * row + 1)] == 0x1p-8);
    REQUIRE(got[static_cast<size_t>(2 * kRows + row * kCols + 150)] == 256);
  }
}

TEST_CASE("a seed gives the same tokens, other seeds others, in proportion to their chances") {
  KernelBench bench(small_base());
  const SampleShape shape{.rows = 4000, .candidates = 2};
  std::vector<OperatorArgument> arguments(4);
  std::vector<double> logits, tokens;
  for (int64_t r = 0; r < shape.rows; ++r) {
    logits.insert(logits.end(), {std::log(3.0), 0.0});
    tokens.insert(tokens.end(), {10, 20});
  }
  arguments[0] = {.name = "logits", .tensor = tensor_from(Type::kF32, {4000, 2}, logits)};
  arguments[1] = {.name = "tokens", .tensor = tensor_from(Type::kI32, {4000, 2}, tokens)};
  arguments[2] = {.name = "seed", .kind = Parameter::Kind::kInt, .value = 5};
  arguments[3] = {.name = "y", .output = true, .tensor = zero_tensor(Type::kI32, {4000})};
  const Program program = sample_top_k(bench.limits(), shape);
  const auto draw = [&](int64_t seed) {
    arguments[2].value = seed;
    REQUIRE_FALSE(bench.launch(program, arguments).fault);
    return values_of(arguments[3].tensor);
  };
  const std::vector<double> first = draw(5);
  CHECK(draw(5) == first);
  CHECK(draw(6) != first);
  double tens = 0;
  for (const double token : first) tens += token == 10 ? 1 : 0;
  CHECK(std::fabs(tens / 4000 - 0.75) < 4 * std::sqrt(0.75 * 0.25 / 4000));
}

// Ways in which a kernel goes wrong, as changes of a right output (rows, cols).
using Plant = std::function<void(HostTensor& got, int64_t rows, int64_t cols)>;

const std::vector<std::pair<const char*, Plant>>& plants() {
  static const auto each = [](HostTensor& got, const std::function<double(int64_t, double)>& f) {
    for (int64_t i = 0; i < got.count(); ++i) got.set(i, f(i, got.at(i)));
  };
  static const std::vector<std::pair<const char*, Plant>> all = {
      {"all zeros",
       [](HostTensor& t, int64_t, int64_t) { each(t, [](int64_t, double) { return 0.0; }); }},
      {"sign flipped",
       [](HostTensor& t, int64_t, int64_t) { each(t, [](int64_t, double x) { return -x; }); }},
      {"off by one percent",
       [](HostTensor& t, int64_t, int64_t) {
         each(t,
              [](int64_t, double x) { return std::fabs(x) < 1 ? x * 1.01 + 0.01 : x * 1.01 + 1; });
       }},
      {"last row missing",
       [](HostTensor& t, int64_t r, int64_t c) {
         for (int64_t i = 0; i < c; ++i) t.set((r - 1) * c + i, 0);
       }},
      {"last column missing",
       [](HostTensor& t, int64_t r, int64_t c) {
         for (int64_t i = 0; i < r; ++i) t.set(i * c + c - 1, 0);
       }},
      {"first rows swapped",
       [](HostTensor& t, int64_t, int64_t c) {
         for (int64_t i = 0; i < c; ++i) {
           const double x = t.at(i);
           t.set(i, t.at(c + i));
           t.set(c + i, x);
         }
       }},
      {"rows one too far",
       [](HostTensor& t, int64_t r, int64_t c) {
         for (int64_t i = r * c; i-- > c;) t.set(i, t.at(i - c));
       }},
      {"columns one too far",
       [](HostTensor& t, int64_t r, int64_t c) {
         for (int64_t i = r * c; i-- > 1;) t.set(i, t.at(i - 1));
       }},
      {"a row twice",
       [](HostTensor& t, int64_t r, int64_t c) {
         for (int64_t i = 0; i < c; ++i) t.set((r / 2) * c + i, t.at(i));
       }},
      {"one element wrong",
       [](HostTensor& t, int64_t r, int64_t c) {
         const int64_t i = r / 2 * c + c / 2;
         t.set(i, t.at(i) + (std::fabs(t.at(i)) + 1));
       }},
      {"one NaN",
       [](HostTensor& t, int64_t r, int64_t c) {
         if (is_float(t.type))
           t.set(r * c / 3, std::nan(""));
         else
           t.set(r * c / 3, 1e9);
       }},
  };
  return all;
}

TEST_CASE("faults planted into the outputs of a layer's operators are caught") {
  const std::array<Case, 10> samples = {{
      {"gate", "tokens=12 experts=16 top-k=4 bias=true"},
      {"permute", "tokens=12 dim=20 experts=8 top-k=2"},
      {"grouped_matmul", "rows=24 experts=3 n=20 k=32"},
      {"swiglu_clamp", "rows=12 cols=24"},
      {"combine", "tokens=12 dim=24 top-k=2"},
      {"hc_pre", "tokens=12 dim=24"},
      {"hc_post", "tokens=12 dim=24"},
      {"rope", "tokens=12 heads=2 dim=16 rope-dim=8 position=3"},
      {"layernorm", "rows=12 cols=24"},
      {"quantize", "rows=12 cols=64 group=32"},
  }};
  for (const Case& sample : samples) {
    const Operator& op = find_operator(sample.name);
    const Options options(op.name, op.options, options_from(sample.options));
    const auto arguments = op.arguments(options, 3, Contents::kAll);
    const std::vector<Expected> expected = op.expected(options, arguments);
    const auto first = std::find_if(arguments.begin(), arguments.end(), [](const auto& a) {
      return a.output && a.tensor.dims.size() == 2;
    });
    const auto index = static_cast<size_t>(
        std::count_if(arguments.begin(), first, [](const auto& a) { return a.output; }));
    const HostTensor& shape = first->tensor;
    const HostTensor right = tensor_from(shape.type, shape.dims, expected[index].want);
    const auto passes = [&](const HostTensor& got) {
      return compare(got, expected[index].want, expected[index].bound).passed;
    };
    INFO(sample.name << " " << first->name);
    REQUIRE(passes(right));
    for (const auto& [what, plant] : plants()) {
      INFO(what);
      HostTensor wrong = right;
      plant(wrong, shape.dims[0], shape.dims[1]);
      CHECK_FALSE(passes(wrong));
    }
  }
}

}  // namespace
}  // namespace npu
