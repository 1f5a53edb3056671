// Timing-only matmuls with the full memory model: what a line of memory traffic costs the host, and
// how that grows with the machine and the matrix.
//
//   ascend_910b1/N  fp16 N^3 on that machine; 8192 is some 13 GB between cores and L2
//   grown_base/G/N  the same on base-gm with G groups
//
// Watch seconds_a_line, which at most doubles over all of them, and peak_bytes.
#include <benchmark/benchmark.h>

#include <fstream>
#include <memory>
#include <string>

#include "kernels/ops/matmul.h"
#include "runtime/device/device.h"

namespace {

// The most memory that this process has had since the last forget_peak().
double peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stod(line.substr(6)) * 1024;
  }
  return 0;
}
void forget_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

void gemm(benchmark::State& state, const npu::MachineConfig& machine, int64_t size) {
  forget_peak();
  npu::Device device(machine, {.mode = npu::Mode::kTimingOnly});
  const npu::MatmulShape shape{.m = size, .n = size, .k = size};
  const auto program = std::make_shared<const npu::Program>(npu::matmul(device.limits(), shape));
  const auto elements = static_cast<uint64_t>(size * size);
  const npu::Buffer a = device.alloc(elements * 2, npu::Storage::kData, "a");
  const npu::Buffer b = device.alloc(elements * 2, npu::Storage::kData, "b");
  const npu::Buffer c = device.alloc(elements * 4, npu::Storage::kData, "c");
  npu::RunResult run;
  for (auto _ : state) {
    run = device.wait(device.launch(program, {a, b, c}));
    if (run.fault) state.SkipWithError(run.fault->text().c_str());
  }
  const npu::TrafficRecord& traffic = run.record.traffic;
  const double bytes = static_cast<double>(traffic.core_read + traffic.core_written);
  const double lines = bytes / machine.memory.l2.line;
  using benchmark::Counter;
  state.counters["seconds_a_line"] =
      Counter(lines, Counter::kIsIterationInvariantRate | Counter::kInvert);
  state.counters["lines"] = lines;
  state.counters["hbm_lines"] =
      static_cast<double>(traffic.hbm_read + traffic.hbm_written) / machine.memory.l2.line;
  state.counters["cycles"] = static_cast<double>(run.cycles);
  state.counters["cube_share"] = run.record.cube_share();
  state.counters["peak_bytes"] = Counter(peak_bytes(), Counter::kDefaults, Counter::kIs1024);
}

void ascend_910b1(benchmark::State& state) {
  gemm(state, npu::load_machine("ascend-910b1"), state.range(0));
}

void grown_base(benchmark::State& state) {
  npu::MachineConfig machine = npu::load_machine("base-gm");
  machine.groups = static_cast<int>(state.range(0));
  gemm(state, machine, state.range(1));
}

}  // namespace

BENCHMARK(ascend_910b1)->ArgName("size")->Arg(8192)->Unit(benchmark::kMillisecond);
BENCHMARK(grown_base)
    ->ArgNames({"groups", "size"})
    ->Args({1, 1024})
    ->Args({24, 1024})
    ->Args({24, 4096})
    ->Args({256, 4096})
    ->Args({256, 8192})
    ->Args({24, 16384})
    ->Unit(benchmark::kMillisecond);
