// The eight kernels of docs/tutorial: right on every machine, and each faster by what its page
// says.
#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "isa/errors.h"
#include "kernels/tutorial/steps.h"
#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

const Operator& step(const std::string& name) {
  for (const Operator& op : tutorial::steps()) {
    if (op.name == "tutorial/" + name) return op;
  }
  FAIL("no step " << name);
  return tutorial::steps().front();
}

struct Case {
  const char* name;
  const char* options;
};

void check_all(KernelBench& bench, std::initializer_list<Case> cases) {
  for (const Case& one : cases) {
    const KernelBench::Outcome outcome = bench.run(step(one.name), options_from(one.options));
    INFO(bench.machine().name << " " << one.name << " " << one.options << "\n" << outcome.text());
    CHECK(outcome.good());
  }
}

TEST_CASE("the steps of the tutorial are right, with tails, and without hazards") {
  const MachineConfig machine = GENERATE(small_base(), small_base_through_gm());
  KernelBench bench(machine, Mode::kFull, true);
  check_all(bench, {{"copy", "count=1 tile=64"},
                    {"copy", "count=5000 tile=1024"},
                    {"spread", "count=5000 tile=64"},
                    {"buffer", "count=5000 tile=100 depth=1"},
                    {"buffer", "count=50001 tile=256 depth=5"},
                    {"silu", "count=1 tile=64"},
                    {"silu", "count=50001 tile=1000"},
                    {"product", "m=1 n=1 k=1"},
                    {"product", "m=67 n=128 k=101"},
                    {"tiles", "m=1 n=1 k=1"},
                    {"tiles", "m=131 n=257 k=300 slots=1"},
                    {"tiles", "m=131 n=257 k=300 tile=64 depth=64 slots=2"},
                    {"softmax", "rows=1 cols=2"},
                    {"softmax", "rows=131 cols=997 tile=7"},
                    {"attention", "tokens=1 heads=1 dim=2"},
                    {"attention", "tokens=131 heads=3 dim=48 tile=64 skew=0"},
                    {"attention", "tokens=257 heads=2 dim=64 tile=128 skew=1"},
                    {"attention", "tokens=300 heads=2 dim=64 tile=64 skew=2"}});
}

TEST_CASE("the steps of the tutorial are right on the smallest machine") {
  KernelBench bench(tiny_machine(), Mode::kFull, true);
  check_all(bench, {{"copy", "count=700 tile=256"},
                    {"spread", "count=700 tile=256"},
                    {"buffer", "count=700 tile=256 depth=3"},
                    {"silu", "count=700 tile=128"},
                    {"product", "m=16 n=16 k=16"},
                    {"tiles", "m=35 n=50 k=72 tile=16 depth=16"},
                    {"softmax", "rows=5 cols=100 tile=2"},
                    {"attention", "tokens=37 heads=2 dim=16 tile=16"}});
}

uint64_t cycles_on(const MachineConfig& machine, const char* name, const char* options) {
  KernelBench bench(machine, Mode::kTimingOnly);
  const Operator& op = step(name);
  const Options given(op.name, op.options, options_from(options));
  auto arguments = op.arguments(given, 1, Contents::kControlOnly);
  const RunResult run = bench.launch(op.program(bench.limits(), given), arguments);
  REQUIRE_FALSE(run.fault);
  return run.cycles;
}

uint64_t cycles(const char* name, const char* options = "") {
  return cycles_on(load_machine("base"), name, options);
}

TEST_CASE("a copy takes the same cycles within 1 % however many lines an event books") {
  MachineConfig machine = load_machine(GENERATE("base", "ascend-910b1", "ascend-950pr"));
  const auto with = [&](int lines) {
    machine.memory.lines_per_event = lines;
    return static_cast<double>(cycles_on(machine, "buffer", "count=16777216"));
  };
  const double one = with(1);
  for (int lines = 2; lines <= 16; ++lines) {
    INFO(machine.name << ", " << lines << " lines an event");
    CHECK(with(lines) == Approx(one).epsilon(0.01));
  }
}

// What the pages claim of `base`, as factors between two runs.
TEST_CASE("every idea of the tutorial pays as its page says") {
  const auto pays = [](uint64_t before, uint64_t after, double least) {
    INFO(before << " to " << after << " cycles");
    CHECK(static_cast<double>(before) >= least * static_cast<double>(after));
  };
  pays(cycles("copy"), cycles("spread"), 20);
  pays(cycles("spread"), cycles("buffer"), 1.3);
  pays(cycles("tiles", "slots=1"), cycles("tiles"), 1.4);
  pays(cycles("attention", "skew=0"), cycles("attention", "skew=1"), 1.5);
  pays(cycles("softmax", "tile=1"), cycles("softmax"), 1.3);
}

TEST_CASE("a tile that does not fit the machine is refused by name") {
  const Limits limits = limits_of(tiny_machine());
  CHECK_THROWS_WITH(tutorial::copy(limits, 10000, 10000),
                    Catch::Contains("UB") && Catch::Contains("x_ub"));
  CHECK_THROWS_WITH(tutorial::product(limits, {.m = 64, .n = 64, .k = 64}),
                    Catch::Contains("L0A") && Catch::Contains("a_l0"));
}

}  // namespace
}  // namespace npu
