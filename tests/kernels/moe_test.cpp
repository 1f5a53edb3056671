// Mixtures of experts: gates, permutation, products by expert, activation and combination.
#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "isa/errors.h"
#include "kernels/ops/gate.h"
#include "kernels/ops/grouped_matmul.h"
#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

struct Case {
  const char* name;
  const char* options;
};

constexpr std::array<Case, 40> kCases = {{
    {"gate", "tokens=1 experts=1 top-k=1 scoring=softmax"},
    {"gate", "tokens=13 experts=8 top-k=2 scoring=softmax"},
    {"gate", "tokens=200 experts=60 top-k=4 scoring=softmax normalised=false"},
    {"gate", "tokens=17 experts=128 top-k=8 scoring=softmax"},
    {"gate", "tokens=33 experts=64 top-k=8 scoring=sigmoid groups=8 kept=4 bias=true"},
    {"gate", "tokens=5 experts=6 top-k=3 scoring=sigmoid groups=6 kept=3"},
    {"gate", "tokens=7 experts=30 top-k=5 scoring=sigmoid groups=3 kept=1 route-scale=2.5"},
    {"gate", "tokens=64 experts=256 top-k=6 bias=true route-scale=1.5"},
    {"gate", "tokens=3 experts=384 top-k=6 bias=true route-scale=2.5"},
    {"gate", "tokens=5 experts=16 top-k=3"},
    {"gate", "tokens=7 experts=16 top-k=6 vocabulary=50 route-scale=1.5"},
    {"gate", "tokens=1 experts=8 top-k=2 vocabulary=20"},
    {"permute", "tokens=1 dim=1 experts=1 top-k=1"},
    {"permute", "tokens=5 dim=33 experts=8 top-k=2"},
    {"permute", "tokens=130 dim=64 experts=16 top-k=4 load=power"},
    {"permute", "tokens=70 dim=100 experts=64 top-k=6 load=hot"},
    {"permute", "tokens=41 dim=17 experts=13 top-k=3 load=few"},
    {"permute", "tokens=67 dim=2050 experts=7 top-k=1 load=few"},
    {"permute", "tokens=300 dim=8 experts=256 top-k=8"},
    {"grouped_matmul", "rows=1 experts=1 n=1 k=1"},
    {"grouped_matmul", "rows=37 experts=5 n=33 k=40"},
    {"grouped_matmul", "rows=300 experts=8 n=96 k=128 load=power"},
    {"grouped_matmul", "rows=200 experts=6 n=100 k=70 load=few"},
    {"grouped_matmul", "rows=129 experts=16 n=65 k=257 load=hot"},
    {"grouped_matmul", "rows=3 experts=64 n=64 k=64"},
    {"grouped_matmul", "rows=64 experts=4 n=256 k=512 out=fp16"},
    {"swiglu_clamp", "rows=1 cols=1"},
    {"swiglu_clamp", "rows=5 cols=64"},
    {"swiglu_clamp", "rows=33 cols=2048 limit=7"},
    {"swiglu_clamp", "rows=7 cols=33 limit=0 route=false"},
    {"swiglu_clamp", "rows=40 cols=5000 packed=true"},
    {"swiglu_clamp", "rows=11 cols=101 pairs=true limit=7 route=false"},
    {"swiglu_clamp", "rows=3 cols=1 pairs=true"},
    {"combine", "tokens=1 dim=1 top-k=1"},
    {"combine", "tokens=5 dim=33 top-k=2 shared=true"},
    {"combine", "tokens=40 dim=200 top-k=6 weighted=true"},
    {"combine", "tokens=100 dim=1030 top-k=8 weighted=true shared=true"},
    {"combine", "tokens=301 dim=7 top-k=3"},
    {"combine", "tokens=2 dim=7168 top-k=6 shared=true"},
    {"combine", "tokens=9 dim=64 top-k=1 shared=true"},
}};

constexpr const char* kTypes[] = {"fp32", "fp16", "bf16"};

// The gate has one type.
std::string with_type(const Case& one, const char* type) {
  return one.name == std::string("gate") ? one.options
                                         : one.options + std::string(" dtype=") + type;
}

void check_one(KernelBench& bench, const Case& one, const char* type, uint64_t seed) {
  const std::string options = with_type(one, type);
  const KernelBench::Outcome outcome = bench.run(one.name, options_from(options), seed);
  INFO(one.name << " " << options << "\n" << outcome.text());
  CHECK(outcome.good());
}

TEST_CASE("the MoE operators are right for every type and load") {
  KernelBench bench(small_base());
  for (const char* type : kTypes) {
    for (size_t i = 0; i < kCases.size(); ++i) check_one(bench, kCases[i], type, i + 1);
  }
}

TEST_CASE("the MoE operators are right in time and without hazards on every kind of machine") {
  KernelBench direct(small_base(), Mode::kFull, true);
  KernelBench through_gm(small_base_through_gm(), Mode::kFull, true);
  for (size_t i = 0; i < kCases.size(); ++i)
    check_one(i % 2 == 0 ? direct : through_gm, kCases[i], kTypes[i % 3], i + 1);
}

TEST_CASE("the MoE operators are right on the smallest machine") {
  KernelBench bench(tiny_machine(), Mode::kFull, true);
  for (const Case& one :
       {Case{"gate", "tokens=7 experts=16 top-k=6 vocabulary=50"},
        Case{"gate", "tokens=9 experts=32 top-k=4 scoring=sigmoid groups=4 kept=2 bias=true"},
        Case{"permute", "tokens=9 dim=20 experts=8 top-k=2"},
        Case{"grouped_matmul", "rows=20 experts=3 n=12 k=24 load=power"},
        Case{"swiglu_clamp", "rows=5 cols=64"}, Case{"combine", "tokens=5 dim=33 top-k=2"}}) {
    for (const char* type : kTypes) check_one(bench, one, type, 3);
  }
}

TEST_CASE("products of int8 by expert are exact") {
  KernelBench bench(small_base());
  for (const char* load : {"even", "hot", "few", "power"}) {
    const std::string options = std::string("rows=77 experts=6 n=50 k=100 dtype=int8 load=") + load;
    const KernelBench::Outcome outcome = bench.run("grouped_matmul", options_from(options));
    INFO(outcome.text());
    CHECK(outcome.good());
  }
}

TEST_CASE("products of narrow floats by expert are right with scales multiplied in the cube") {
  KernelBench direct(small_base()), checked(small_base(), Mode::kFull, true),
      through_gm(small_base_through_gm(), Mode::kFull, true),
      tiny(tiny_machine(), Mode::kFull, true);
  const char* const shapes[] = {"rows=1 experts=1 n=1 k=2", "rows=37 experts=5 n=33 k=40",
                                "rows=300 experts=8 n=96 k=256 load=power",
                                "rows=129 experts=16 n=65 k=300 load=hot",
                                "rows=200 experts=6 n=258 k=130 load=few"};
  for (const char* weight : {"auto", "e2m1"}) {
    for (const char* shape : shapes) {
      const Case one{"grouped_matmul", shape};
      const std::string type = std::string("e4m3 out=bf16 weight=") + weight;
      for (KernelBench* bench : {&direct, &checked, &through_gm})
        check_one(*bench, one, type.c_str(), 5);
    }
    const Case small{"grouped_matmul", "rows=20 experts=3 n=12 k=64 load=power"};
    check_one(tiny, small, (std::string("e4m3 weight=") + weight).c_str(), 3);
  }
}

TEST_CASE("rows of no expert are left alone") {
  KernelBench bench(small_base());
  const GroupedShape shape{
      .rows = 10, .experts = 3, .n = 4, .k = 8, .x = Type::kF32, .w = Type::kF32};
  std::vector<OperatorArgument> arguments(4);
  arguments[0] = {.name = "x", .tensor = random_tensor(Type::kF32, {10, 8}, 1)};
  arguments[1] = {.name = "w", .tensor = random_tensor(Type::kF32, {3, 4, 8}, 2)};
  arguments[2] = {.name = "counts",
                  .control = true,
                  .tensor = tensor_from(Type::kI32, {3}, std::vector<double>{2, 0, 5})};
  arguments[3] = {.name = "y", .output = true, .tensor = zero_tensor(Type::kF32, {10, 4})};
  for (int64_t i = 28; i < 40; ++i) arguments[3].tensor.set(i, 77);
  REQUIRE_FALSE(bench.launch(grouped_matmul(bench.limits(), shape), arguments).fault);
  CHECK(arguments[3].tensor.at(27) != 0);
  for (int64_t i = 28; i < 40; ++i) CHECK(arguments[3].tensor.at(i) == 77);
}

TEST_CASE("a gate prefers the lower of equal experts, and weighs tiny scores right") {
  KernelBench bench(small_base());
  const GateShape shape{.tokens = 2, .experts = 5, .top_k = 2, .scoring = Scoring::kSqrtSoftplus};
  std::vector<OperatorArgument> arguments(3);
  const std::vector<double> logits{1, 3, 3, 0, 3, -40, -30, -60, -50, -32};
  arguments[0] = {.name = "logits", .tensor = tensor_from(Type::kF32, {2, 5}, logits)};
  arguments[1] = {.name = "weights", .output = true, .tensor = zero_tensor(Type::kF32, {2, 2})};
  arguments[2] = {.name = "chosen", .output = true, .tensor = zero_tensor(Type::kI32, {2, 2})};
  REQUIRE_FALSE(bench.launch(gate(bench.limits(), shape), arguments).fault);
  CHECK(values_of(arguments[2].tensor) == std::vector<double>{1, 2, 1, 4});
  // sqrt(exp(-30)) to sqrt(exp(-32)) is e to 1.
  CHECK(arguments[1].tensor.at(2) == Approx(2.718281828 / 3.718281828).epsilon(1e-6));
}

TEST_CASE("a gate that cannot choose so many is refused with the reason") {
  const Limits limits = limits_of(small_base());
  CHECK_THROWS_AS(gate(limits, {.tokens = 1, .experts = 8, .top_k = 9}), InputError);
  CHECK_THROWS_AS(gate(limits, {.tokens = 1, .experts = 8, .top_k = 5, .groups = 4, .kept = 2}),
                  InputError);
  CHECK_THROWS_AS(gate(limits, {.tokens = 1, .experts = 9, .top_k = 1, .groups = 2}), InputError);
}

}  // namespace
}  // namespace npu
