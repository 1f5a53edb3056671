// Timing-only matmuls with the full memory model: host time a line as machine and matrix grow.
//
//   gemm/24/8192    fp16 8192^3 on 24 groups at 1.85 GHz: some 13 GB of GM traffic, 25 M lines
//   gemm/G/N        N^3 on G groups
//
// lines_per_second is what to watch: its inverse at most doubles over all of them.
#include <benchmark/benchmark.h>

#include <memory>

#include "kernels/ops/matmul.h"
#include "runtime/device/device.h"

namespace {

void gemm(benchmark::State& state) {
  npu::MachineConfig machine = npu::load_machine("base-gm");
  machine.groups = static_cast<int>(state.range(0));
  machine.clock_ghz = 1.85;
  const int64_t size = state.range(1);
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
  const double lines =
      static_cast<double>(traffic.core_read + traffic.core_written) / machine.memory.l2.line;
  state.counters["lines_per_second"] =
      benchmark::Counter(lines, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["cycles"] = static_cast<double>(run.cycles);
  state.counters["cube_share"] = run.record.cube_share();
}

}  // namespace

BENCHMARK(gemm)
    ->ArgNames({"groups", "size"})
    ->Args({24, 8192})
    ->Args({1, 1024})
    ->Args({24, 1024})
    ->Args({256, 8192})
    ->Args({24, 16384})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);
