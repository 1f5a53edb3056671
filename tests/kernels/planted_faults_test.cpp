// The checkers against kernels with a mistake in them: planted_faults.txt holds the mistakes, each
// of which the comparison with the reference, or a fault of the machine, must find.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "isa/errors.h"
#include "tests/kernels/kernel_bench.h"
#include "tests/kernels/planted_fault.h"

namespace npu {
namespace {

struct Row {
  std::string family, kernel;
  PlantedFault fault;
};

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<Row> table() {
  std::ifstream file(NPU_SOURCE_DIR "/tests/kernels/planted_faults.txt");
  REQUIRE(file);
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream cells(line);
    Row row;
    std::getline(cells, row.family, '|');
    std::getline(cells, row.kernel, '|');
    std::getline(cells, row.fault.text);
    row.family = trimmed(row.family);
    row.kernel = trimmed(row.kernel);
    row.fault.text = trimmed(row.fault.text);
    const size_t end = row.kernel.find(' ');
    row.fault.op = row.kernel.substr(0, end);
    if (end != std::string::npos) row.fault.options = options_from(row.kernel.substr(end + 1));
    rows.push_back(row);
  }
  return rows;
}

MachineConfig machine_of(const Row& row) {
  MachineConfig machine = load_machine(row.family == "collectives" ? "tiny-x4" : "base");
  machine.groups = 2;
  return machine;
}

// One device for rows of one family, which follow each other.
class Bench {
 public:
  FaultyRun run(const Row& row, const PlantedFault& fault) {
    if (family_ != row.family) {
      device_.reset();  // NOTE: one simulator at a time
      device_ = std::make_unique<Device>(
          machine_of(row), SimulatorOptions{.mode = Mode::kFunctionalOnly, .max_cycles = 1 << 24});
      family_ = row.family;
    }
    return run_faulty(*device_, fault);
  }

 private:
  std::string family_;
  std::unique_ptr<Device> device_;
};

TEST_CASE("the kernels that faults are planted in are right without them") {
  Bench bench;
  std::set<std::string> seen;
  for (const Row& row : table()) {
    if (!seen.insert(row.kernel).second) continue;
    INFO(row.kernel);
    const FaultyRun run = bench.run(row, {row.fault.op, row.fault.options, ""});
    INFO(run.verdicts);
    CHECK_FALSE(run.refused);
    CHECK(run.passed);
  }
}

TEST_CASE("every planted fault is found") {
  Bench bench;
  for (const Row& row : table()) {
    INFO(row.kernel << " | " << row.fault.text);
    const FaultyRun run = bench.run(row, row.fault);
    INFO(run.verdicts);
    CHECK((run.refused || !run.passed));
  }
}

TEST_CASE("every family has ten planted faults or more") {
  std::map<std::string, int> faults;
  for (const Row& row : table()) ++faults[row.family];
  for (const char* family :
       {"matmul", "attention", "moe", "norms and layer", "collectives", "quantisers"}) {
    INFO(family);
    CHECK(faults[family] >= 10);
  }
}

TEST_CASE("a fault that a kernel has no place for is an error") {
  Bench bench;
  const Row row{"norms and layer", "rmsnorm rows=3 cols=64", {}};
  const auto options = options_from("rows=3 cols=64");
  for (const char* text : {"leave out vmul 99", "turn vmul 1 into vexp", "exchange vrsqrt 1",
                           "keep vmul every", "nosuch shifted", "x sideways"}) {
    INFO(text);
    CHECK_THROWS_AS(bench.run(row, {"rmsnorm", options, text}), InputError);
  }
}

}  // namespace
}  // namespace npu
