// Every faulty program of the table, run through the device as a user's would be.
#include <catch2/catch.hpp>
#include <ctime>

#include "runtime/device/device.h"
#include "tests/faults/fault_table.h"
#include "tests/faults/healthy_device.h"

namespace npu::test {
namespace {

SimulatorOptions options_of(const std::string& how) {
  SimulatorOptions options;
  options.max_cycles = 10'000'000;
  if (how == "timing-only") options.mode = Mode::kTimingOnly;
  if (how == "functional-only") options.mode = Mode::kFunctionalOnly;
  if (how == "check") options.check = true;
  if (!how.empty() && how[0] >= '0' && how[0] <= '9') options.max_cycles = std::stoull(how);
  return options;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void check_fault(const FaultCase& expected, const std::string& place, const RunResult& result) {
  REQUIRE(result.fault);
  INFO(result.fault->text());
  CHECK(fault_name(result.fault->code) == expected.fault);
  CHECK(contains(result.fault->detail, expected.detail));
  CHECK(result.fault->source.substr(0, place.size()) == place);
  CHECK(result.fault->group == 0);
}

// The sanitizer may find more than one thing wrong; one of them must be this.
void check_hazard(const FaultCase& expected, const std::string& place, const RunResult& result) {
  std::string all;
  bool found = false;
  for (const Hazard& hazard : result.check.hazards) {
    all += hazard.text() + "\n";
    found = found || (hazard_name(hazard.kind) == expected.fault &&
                      contains(hazard.text(), expected.detail) &&
                      hazard.access.source.substr(0, place.size()) == place);
  }
  INFO(all);
  CHECK(found);
}

TEST_CASE("a faulty program gives its fault with its line, and the next one runs as if alone") {
  for (const FaultCase& expected : fault_table()) {
    DYNAMIC_SECTION(expected.name << " on " << expected.machine << " " << expected.how) {
      const FaultyProgram faulty = faulty_program(expected.name);
      const std::string place =
          expected.name + ".npuasm:" + (faulty.line ? std::to_string(faulty.line) + ":" : "");
      HealthyDevice device(load_machine(expected.machine), options_of(expected.how));
      const std::clock_t begin = std::clock();
      const RunResult result = device.run(faulty.program);
      CHECK(std::clock() - begin < 2 * CLOCKS_PER_SEC);
      if (expected.how == "check") {
        check_hazard(expected, place, result);
      } else {
        check_fault(expected, place, result);
      }
      device.check_health();
    }
  }
}

TEST_CASE("the table has a program for every fault that a program can cause") {
  std::string missing;
  const std::vector<FaultCase> table = fault_table();
  for (int code = 0; code <= static_cast<int>(FaultCode::kStaleRead); ++code) {
    const std::string name = fault_name(static_cast<FaultCode>(code));
    bool found = false;
    for (const FaultCase& row : table) found = found || row.fault == name;
    if (!found) missing += name + "; ";
  }
  CHECK(missing == "out of memory; ");
}

}  // namespace
}  // namespace npu::test
