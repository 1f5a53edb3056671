// The operators of the vector cores, each over shapes with tails, for every type.
#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "isa/errors.h"
#include "kernels/ops/argmax.h"
#include "kernels/ops/rmsnorm.h"
#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

struct Case {
  const char* name;
  const char* options;
};

constexpr std::array<Case, 75> kCases = {{
    {"add", "count=1"},
    {"add", "count=63"},
    {"add", "count=4096"},
    {"add", "count=10007"},
    {"add", "count=300001"},
    {"swiglu", "count=1"},
    {"swiglu", "count=172"},
    {"swiglu", "count=14336"},
    {"swiglu", "count=65537"},
    {"rmsnorm", "rows=1 cols=1"},
    {"rmsnorm", "rows=1 cols=64"},
    {"rmsnorm", "rows=3 cols=100"},
    {"rmsnorm", "rows=1 cols=4096"},
    {"rmsnorm", "rows=37 cols=257"},
    {"rmsnorm", "rows=256 cols=128"},
    {"rmsnorm", "rows=17 cols=1024 eps=0"},
    {"rmsnorm", "rows=200 cols=8"},
    {"rope", "tokens=1 heads=1 dim=2"},
    {"rope", "tokens=1 heads=8 dim=8 position=5 positions=64 interleaved=true"},
    {"rope", "tokens=1 heads=8 dim=8 position=5"},
    {"rope", "tokens=5 heads=4 dim=8 interleaved=true"},
    {"rope", "tokens=1 heads=32 dim=128 position=100"},
    {"rope", "tokens=33 heads=3 dim=64"},
    {"rope", "tokens=33 heads=3 dim=64 interleaved=true"},
    {"rope", "tokens=100 heads=5 dim=128 position=7"},
    {"rope", "tokens=100 heads=5 dim=128 position=7 interleaved=true"},
    {"rope", "tokens=300 heads=2 dim=96"},
    {"rope", "tokens=7 heads=16 dim=80 position=1 interleaved=true"},
    {"softmax", "rows=1 cols=1"},
    {"softmax", "rows=1 cols=17"},
    {"softmax", "rows=5 cols=512"},
    {"softmax", "rows=64 cols=1000"},
    {"softmax", "rows=2 cols=32000"},
    {"softmax", "rows=100 cols=33"},
    {"softmax", "rows=1 cols=50001"},
    {"argmax", "rows=1 cols=1"},
    {"argmax", "rows=1 cols=512"},
    {"argmax", "rows=1 cols=32000"},
    {"argmax", "rows=3 cols=997"},
    {"argmax", "rows=40 cols=65"},
    {"argmax", "rows=2 cols=128256"},
    {"argmax", "rows=17 cols=2"},
    {"embedding", "tokens=1 vocabulary=512 cols=64"},
    {"embedding", "tokens=5 vocabulary=512 cols=64"},
    {"embedding", "tokens=33 vocabulary=7 cols=100"},
    {"embedding", "tokens=1 vocabulary=100 cols=4096"},
    {"embedding", "tokens=200 vocabulary=50 cols=1000"},
    {"embedding", "tokens=3 vocabulary=2 cols=60001"},
    {"cache_write", "rows=1 capacity=1 cols=8"},
    {"cache_write", "rows=3 capacity=64 cols=32"},
    {"cache_write", "rows=16 capacity=100 cols=1024"},
    {"cache_write", "rows=5 capacity=5 cols=1000"},
    {"cache_write", "rows=2 capacity=9 cols=60001"},
    {"swiglu", "count=344"},
    {"rmsnorm", "rows=5 cols=5120"},
    {"softmax", "rows=33 cols=4097"},
    {"argmax", "rows=9 cols=4097"},
    {"rope", "tokens=2 heads=3 dim=6"},
    {"rope", "tokens=64 heads=7 dim=2"},
    {"rope", "tokens=33 heads=3 dim=2 interleaved=true"},
    {"embedding", "tokens=65 vocabulary=10 cols=1"},
    {"embedding", "tokens=5000 vocabulary=10 cols=3"},
    {"softmax", "rows=100 cols=1"},
    {"softmax", "rows=20000 cols=3"},
    {"cache_write", "rows=5 cols=1"},
    {"rmsnorm", "rows=100 cols=1"},
    {"rmsnorm", "rows=30000 cols=3"},
    {"rmsnorm", "rows=25000 cols=5"},
    {"rmsnorm", "rows=10000 cols=17"},
    {"rmsnorm", "rows=6000 cols=33"},
    {"rmsnorm", "rows=3 cols=11000"},
    {"rope", "tokens=70 heads=1 dim=64 inverse=true"},
    {"rope", "tokens=70 heads=1 dim=64 interleaved=true"},
    {"rope", "tokens=9 heads=16 dim=32 interleaved=true inverse=true"},
    {"rope", "tokens=600 heads=8 dim=64 inverse=true"},
}};

constexpr const char* kTypes[] = {"fp32", "fp16", "bf16"};

void check_one(KernelBench& bench, const Case& one, const char* type, uint64_t seed) {
  const std::string options = std::string(one.options) + " dtype=" + type;
  const KernelBench::Outcome outcome = bench.run(one.name, options_from(options), seed);
  INFO(one.name << " " << options << "\n" << outcome.text());
  CHECK(outcome.good());
}

TEST_CASE("the vector operators are right for every type and shape") {
  KernelBench bench(small_base());
  for (const char* type : kTypes) {
    for (size_t i = 0; i < kCases.size(); ++i) check_one(bench, kCases[i], type, i);
  }
}

TEST_CASE("the vector operators are right in time and without hazards") {
  KernelBench bench(small_base(), Mode::kFull, true);
  for (size_t i = 0; i < kCases.size(); i += 2) check_one(bench, kCases[i], kTypes[i % 3], i);
}

TEST_CASE("the vector operators are right on the smallest machine") {
  KernelBench bench(tiny_machine());
  for (const Case& one :
       {Case{"add", "count=300"}, Case{"swiglu", "count=172"}, Case{"rmsnorm", "rows=5 cols=64"},
        Case{"softmax", "rows=3 cols=100"}, Case{"rope", "tokens=3 heads=4 dim=8 interleaved=true"},
        Case{"rope", "tokens=3 heads=4 dim=8"}, Case{"argmax", "rows=2 cols=512"},
        Case{"embedding", "tokens=5 vocabulary=20 cols=64"},
        Case{"cache_write", "rows=3 capacity=7 cols=64"}}) {
    for (const char* type : kTypes) check_one(bench, one, type, 3);
  }
}

TEST_CASE("argmax gives the first of equals, wherever they lie") {
  KernelBench bench(small_base());
  const ArgmaxShape shape{.rows = 1, .cols = 5000, .type = Type::kF16};
  const Program program = argmax(bench.limits(), shape);
  for (const auto& [first, second] : {std::pair{0, 1}, {31, 32}, {17, 4999}, {2500, 2501}}) {
    std::vector<OperatorArgument> arguments(2);
    arguments[0] = {.name = "x", .tensor = zero_tensor(Type::kF16, {1, 5000})};
    arguments[1] = {.name = "y", .output = true, .tensor = zero_tensor(Type::kI32, {1})};
    arguments[0].tensor.set(first, 3);
    arguments[0].tensor.set(second, 3);
    const RunResult result = bench.launch(program, arguments);
    REQUIRE_FALSE(result.fault);
    CHECK(arguments[1].tensor.at(0) == first);
  }
}

TEST_CASE("an operator refuses a row that its machine cannot hold") {
  CHECK_THROWS_AS(rmsnorm(limits_of(small_base()), {.rows = 1, .cols = 1000000}), InputError);
}

}  // namespace
}  // namespace npu
