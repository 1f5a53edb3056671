// What must not change anything: construction order, listening, the mode of the run.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/timing/lab.h"

namespace npu {
namespace {

// The program that docs/assembly.md explains: c = a + b on all vector cores.
Program documented_program() {
  std::ifstream in(std::string(NPU_SOURCE_DIR) + "/docs/assembly.md");
  std::stringstream all;
  all << in.rdbuf();
  const std::string text = all.str();
  const size_t begin = text.find("```npuasm\n") + 10;
  return assemble(text.substr(begin, text.find("```", begin) - begin), "add.npuasm");
}

struct Outcome {
  uint64_t cycles = 0;
  std::vector<uint32_t> bits;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome run(const char* machine, SimulatorOptions options) {
  constexpr size_t kCount = 5000;
  Simulator simulator(load_machine(machine), std::move(options));
  const Program program = documented_program();
  std::vector<uint64_t> arguments;
  for (int i = 0; i < 3; ++i) {
    arguments.push_back(simulator.gm().allocate(kCount * 4, Storage::kData, "x"));
    std::vector<float> values(kCount);
    for (size_t j = 0; j < kCount; ++j)
      values[j] = static_cast<float>(j) * 0.37F + static_cast<float>(i);
    simulator.gm().write(arguments.back(), values.data(), kCount * 4);
  }
  arguments.push_back(kCount);
  const RunResult result = simulator.run(program, arguments);
  REQUIRE(!result.fault);
  Outcome outcome{result.cycles, std::vector<uint32_t>(kCount)};
  simulator.gm().read(arguments[2], outcome.bits.data(), kCount * 4);
  for (const CoreRecord& core : result.record.cores) {
    for (size_t unit = 0; unit < kUnits; ++unit) {
      uint64_t sum = 0;
      for (const uint64_t part : core.units[unit].cycles) sum += part;
      const bool lacks = sum == 0 && core.units[unit].instructions == 0;
      CHECK((lacks || sum == result.cycles));
    }
  }
  return outcome;
}

TEST_CASE("construction order, checking and listening change neither cycles nor bits") {
  for (const char* machine : {"tiny", "base"}) {
    const Outcome plain = run(machine, {});
    for (const uint64_t seed : {1, 2, 3, 4}) {
      SimulatorOptions options;
      options.shuffle_seed = seed;
      CHECK(run(machine, options) == plain);
    }
    Recorder recorder;
    SimulatorOptions options;
    options.observer = &recorder;
    CHECK(run(machine, options) == plain);
  }
}

TEST_CASE("timing-only gives the cycles of the full run") {
  SimulatorOptions options;
  options.mode = Mode::kTimingOnly;
  for (const char* machine : {"tiny", "base"}) {
    CHECK(run(machine, options).cycles == run(machine, {}).cycles);
  }
}

TEST_CASE("functional-only gives the bits of the timed run, in fewer cycles") {
  SimulatorOptions options;
  options.mode = Mode::kFunctionalOnly;
  const Outcome functional = run("base", options), timed = run("base", {});
  CHECK(functional.bits == timed.bits);
  CHECK(functional.cycles < timed.cycles);
}

TEST_CASE("runs of one simulator continue: a warm L2 is faster, a cold one repeats the cycles") {
  Lab lab;
  const uint64_t x = lab.tensor(std::vector<float>(1024));
  const std::string text =
      ".cube\nld.u64.gm r2, [r1+@p0]\nli r3, 16\nli r4, 64\nli r5, 256\n"
      "load.l1.f32 dst=r0, src=r2, rows=r3, cols=r4, dst_pitch=r5, src_pitch=r5\nhalt\n";
  const uint64_t first = lab.run(text, {x}).cycles;
  CHECK(lab.run(text, {x}, {.cold_l2 = false}).cycles < first);
  CHECK(lab.run(text, {x}).cycles == first);
}

}  // namespace
}  // namespace npu
