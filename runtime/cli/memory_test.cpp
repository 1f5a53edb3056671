#include "runtime/cli/memory_test.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "isa/errors.h"
#include "runtime/files/input_file.h"
#include "runtime/report/units.h"
#include "sim/memory/probe.h"

namespace npu {

namespace {

std::vector<MemoryAccess> accesses_of(const MemoryTest& test, const MachineConfig& machine) {
  if (!test.trace.empty()) {
    InputFile file(test.trace);
    return parse_trace(file.text(file.size(), "trace"), test.trace);
  }
  const StimulusOptions options{.accesses = test.accesses,
                                .bytes = test.bytes,
                                .stride = test.stride,
                                .memory = static_cast<uint64_t>(machine.memory.gm)};
  if (test.pattern == "stream") return stream_accesses(options);
  if (test.pattern == "strided") return strided_accesses(options);
  if (test.pattern == "mixed") return mixed_accesses(options);
  return random_accesses(options);
}

void print_result(const MemoryTest& test, const MachineConfig& machine, int outstanding,
                  const ProbeResult& result) {
  const HbmCounters& c = result.counters;
  const double peak = machine.memory.hbm.gigabytes_per_second;
  fmt::print("memory test {} on {}: {} accesses, {} reads under way at most\n",
             test.trace.empty() ? test.pattern : test.trace, machine.name,
             count_text(result.accesses), outstanding);
  fmt::print("bandwidth {:.4g} GB/s, {} of {:.4g} GB/s; {} in {}\n", result.gigabytes_per_second,
             percent_text(result.gigabytes_per_second / peak), peak,
             bytes_text(static_cast<double>(result.bytes)), time_text(result.nanoseconds * 1e-9));
  if (c.reads > 0)
    fmt::print("latency   {:.4g} ns of a read on average, {:.4g} to {:.4g}\n", result.mean_ns,
               result.least_ns, result.most_ns);
  fmt::print("rows      {} bursts found theirs open, {} none, {} another\n", count_text(c.row_hits),
             count_text(c.row_closed), count_text(c.row_conflicts));
  fmt::print("bus       {} turnarounds; {} bursts held up by refresh\n", count_text(c.turnarounds),
             count_text(c.refresh_waits));
}

nlohmann::json to_json(const MemoryTest& test, const MachineConfig& machine, int outstanding,
                       const ProbeResult& result) {
  const HbmCounters& c = result.counters;
  return {{"pattern", test.pattern},
          {"trace", test.trace},
          {"machine", machine.name},
          {"outstanding", outstanding},
          {"accesses", result.accesses},
          {"bytes", result.bytes},
          {"nanoseconds", result.nanoseconds},
          {"gigabytes_per_second", result.gigabytes_per_second},
          {"latency_ns",
           {{"mean", result.mean_ns}, {"least", result.least_ns}, {"most", result.most_ns}}},
          {"rows", {{"open", c.row_hits}, {"closed", c.row_closed}, {"another", c.row_conflicts}}},
          {"turnarounds", c.turnarounds},
          {"refresh_waits", c.refresh_waits}};
}

}  // namespace

std::shared_ptr<MemoryTest> add_memory_test(CLI::App& command) {
  auto test = std::make_shared<MemoryTest>();
  CLI::Option* pattern =
      command
          .add_option("--memory-test", test->pattern,
                      "no kernel: accesses to HBM alone, one after another for latency, else many "
                      "at a time")
          ->check(CLI::IsMember({"stream", "random", "latency", "strided", "mixed"}));
  command.add_option("--trace", test->trace, "memory test: accesses from a file")->needs(pattern);
  command.add_option("--accesses", test->accesses, "memory test: how many are made up")
      ->needs(pattern)
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 26))
      ->capture_default_str();
  command.add_option("--bytes", test->bytes, "memory test: bytes of an access")
      ->needs(pattern)
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 20))
      ->capture_default_str();
  command
      .add_option("--stride", test->stride, "memory test: bytes from access to access of strided")
      ->needs(pattern)
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 40))
      ->capture_default_str();
  command
      .add_option("--outstanding", test->outstanding,
                  "memory test: reads under way at most, 0: 64 a channel")
      ->needs(pattern)
      ->check(CLI::Range(0, 1 << 20));
  return test;
}

void run_memory_test(const MemoryTest& test, const std::string& machine_name, bool json) {
  const MachineConfig machine = load_machine(machine_name);
  const int outstanding = test.outstanding > 0        ? test.outstanding
                          : test.pattern == "latency" ? 1
                                                      : reads_under_way(machine);
  const ProbeResult result = probe_hbm(machine, accesses_of(test, machine), outstanding);
  if (json) {
    fmt::print("{}\n", to_json(test, machine, outstanding, result).dump(2));
  } else {
    print_result(test, machine, outstanding, result);
  }
}

}  // namespace npu
