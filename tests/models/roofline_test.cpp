// The roofline is a floor: no run of any operator is faster.
#include "runtime/report/roofline.h"

#include <catch2/catch.hpp>

#include "isa/errors.h"
#include "runtime/schedule/operator_run.h"

namespace npu {
namespace {

struct Sample {
  const char* name;
  std::vector<OptionText> options;
};

double share_of(const MachineConfig& machine, const Sample& sample) {
  const Operator& op = find_operator(sample.name);
  const Options options(op.name, op.options, sample.options);
  const bool follows_data = op.name == "top_k";  // how it goes on depends on what it has found
  Device device(machine, {.mode = follows_data ? Mode::kFull : Mode::kTimingOnly});
  auto arguments = op.arguments(options, 1, follows_data ? Contents::kAll : Contents::kControlOnly);
  const RunResult run =
      run_operator(device, std::make_shared<const Program>(op.program(device.limits(), options)),
                   arguments, {.cold_l2 = true});
  REQUIRE_FALSE(run.fault);
  REQUIRE(run.cycles > 0);
  return roofline(op.work(options), machine).cycles / static_cast<double>(run.cycles);
}

void check_share(const MachineConfig& machine, const Sample& sample) {
  std::string text = std::string(machine.name) + ": " + sample.name;
  for (const auto& [name, value] : sample.options) text += " --" + name + " " + value;
  INFO(text);
  const double share = share_of(machine, sample);
  CHECK(share > 0);
  CHECK(share <= 1);
}

TEST_CASE("a run's own roofline is its fullest unit, by its own counters") {
  const MachineConfig machine = load_machine("tiny");
  RunRecord record;
  record.cycles = 1000;
  record.cores.resize(3);
  record.cores[0].ideal_mma_cycles = 250;
  for (int32_t core : {1, 2}) {
    record.cores[static_cast<size_t>(core)].core = core;
    record.cores[static_cast<size_t>(core)]
        .units[static_cast<size_t>(Unit::kVector)]
        .cycles[static_cast<size_t>(Cause::kBusy)] = 200 * static_cast<uint64_t>(core);
  }
  const Roofline vector = own_roofline(record, machine, 10);
  CHECK(vector.resource == "vector");
  CHECK(vector.cycles == Approx(300));  // the mean of both
  record.traffic.hbm_read = 3000;
  record.traffic.hbm_written = 2000;
  const Roofline hbm = own_roofline(record, machine, 10);
  CHECK(hbm.resource == "HBM");
  CHECK(hbm.cycles == Approx(500));
  record.traffic.core_read = static_cast<uint64_t>(600 * machine.memory.l2.bytes_per_cycle);
  CHECK(own_roofline(record, machine, 10).resource == "L2");
  record.cores[0].ideal_mma_cycles = 900;
  CHECK(own_roofline(record, machine, 10).resource == "cube");
}

TEST_CASE("no operator beats its roofline with the default options") {
  for (const char* name : {"base", "tiny"}) {
    const MachineConfig machine = load_machine(name);
    for (const Operator& op : catalog()) {
      Sample sample{op.name.data(), {}};
      // The smallest machine does not hold heads of 128 channels or rows of 4096 elements.
      if (machine.name == "tiny") {
        for (const auto& [option, value] : {OptionText{"dim", "16"}, OptionText{"cols", "256"}}) {
          for (const OptionSpec& spec : op.options)
            if (spec.name == option) sample.options.emplace_back(option, value);
        }
      }
      check_share(machine, sample);
    }
  }
}

TEST_CASE("no operator beats its roofline where it touches little of its arguments") {
  for (const char* name : {"base", "tiny"}) {
    const MachineConfig machine = load_machine(name);
    check_share(machine, {"rope", {{"tokens", "1"}, {"dim", "16"}, {"positions", "8192"}}});
    check_share(machine,
                {"decode_attention", {{"dim", "16"}, {"keys", "10"}, {"capacity", "100000"}}});
    check_share(machine,
                {"flash_attention", {{"dim", "16"}, {"tokens", "10"}, {"capacity", "10000"}}});
    check_share(machine, {"embedding", {{"tokens", "300"}, {"vocabulary", "1"}, {"cols", "64"}}});
    check_share(machine, {"cache_write", {{"rows", "3"}, {"capacity", "10000"}, {"cols", "64"}}});
  }
}

TEST_CASE("no operator beats its roofline where stores stay in L2 or overflow it") {
  const MachineConfig machine = load_machine("base");
  check_share(machine, {"add", {{"count", "8388608"}}});
  check_share(machine, {"matmul", {{"m", "8192"}, {"n", "8192"}, {"k", "16"}}});
  check_share(machine, {"embedding", {{"tokens", "8192"}, {"vocabulary", "4"}}});
}

TEST_CASE("the slowest of cube, HBM and L2 is the floor") {
  MachineConfig machine = load_machine("base");
  const double peak = peak_macs_per_cycle(machine, Type::kF16), hbm = machine.hbm_bytes_per_cycle();
  const auto l2_bytes = static_cast<double>(machine.memory.l2.bytes);
  const Roofline cube = roofline({.macs = 100 * peak, .read_bytes = 10 * hbm}, machine);
  CHECK(cube.resource == "cube");
  CHECK(cube.cycles == Approx(100));
  const Roofline read = roofline({.macs = peak, .read_bytes = 10 * hbm}, machine);
  CHECK(read.resource == "HBM");
  CHECK(read.cycles == Approx(10));
  const Roofline kept = roofline({.written_bytes = l2_bytes}, machine);
  CHECK(kept.resource == "L2");
  CHECK(kept.cycles == Approx(l2_bytes / machine.memory.l2.bytes_per_cycle));
  const Roofline beyond = roofline({.written_bytes = 4 * l2_bytes}, machine);
  CHECK(beyond.resource == "HBM");
  CHECK(beyond.cycles == Approx(3 * l2_bytes / hbm));
}

}  // namespace
}  // namespace npu
