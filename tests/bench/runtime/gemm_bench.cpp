// How fast the simulator runs a large matmul, beside OpenBLAS on the same core in the same run.
//
//   timing_only       fp16 4096^3 on base, cycles without numbers
//   full              the same with numbers and cycles
//   openblas_sgemm    the same product by OpenBLAS, one thread
//
// flops_per_second of `full` over that of `openblas_sgemm` is the ratio to watch.
#include <benchmark/benchmark.h>
#include <cblas.h>

#include <memory>
#include <vector>

#include "kernels/ops/matmul.h"
#include "runtime/device/device.h"

namespace {

constexpr int64_t kSize = 4096;
constexpr double kFlops = 2.0 * kSize * kSize * kSize;

void report(benchmark::State& state, const npu::RunResult* run) {
  state.counters["flops_per_second"] = benchmark::Counter(
      kFlops, benchmark::Counter::kIsIterationInvariantRate, benchmark::Counter::kIs1000);
  if (run == nullptr) return;
  state.counters["cycles"] = static_cast<double>(run->cycles);
  uint64_t instructions = 0;
  for (const npu::CoreRecord& core : run->record.cores) {
    for (size_t unit = 1; unit < npu::kUnits; ++unit) instructions += core.units[unit].instructions;
  }
  state.counters["tile_instructions_per_second"] = benchmark::Counter(
      static_cast<double>(instructions), benchmark::Counter::kIsIterationInvariantRate);
}

void simulate(benchmark::State& state, npu::Mode mode) {
  npu::Device device(npu::load_machine("base"), {.mode = mode});
  const npu::MatmulShape shape{.m = kSize, .n = kSize, .k = kSize};
  auto program = std::make_shared<const npu::Program>(npu::matmul(device.limits(), shape));
  const npu::Buffer a = device.alloc(kSize * kSize * 2, npu::Storage::kData, "a");
  const npu::Buffer b = device.alloc(kSize * kSize * 2, npu::Storage::kData, "b");
  const npu::Buffer c = device.alloc(kSize * kSize * 4, npu::Storage::kData, "c");
  const std::vector<uint16_t> ones(kSize * kSize, 0x3c00);  // 1.0 in f16
  device.write(a, std::as_bytes(std::span(ones)));
  device.write(b, std::as_bytes(std::span(ones)));
  npu::RunResult run;
  for (auto _ : state) {
    run = device.wait(device.launch(program, {a, b, c}));
    if (run.fault) state.SkipWithError(run.fault->text().c_str());
  }
  report(state, &run);
}

void openblas_sgemm(benchmark::State& state) {
  const std::vector<float> a(kSize * kSize, 1.0F), b(kSize * kSize, 1.0F);
  std::vector<float> c(kSize * kSize);
  openblas_set_num_threads(1);  // the simulator has one
  for (auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, kSize, kSize, kSize, 1.0F, a.data(),
                kSize, b.data(), kSize, 0.0F, c.data(), kSize);
    benchmark::DoNotOptimize(c.data());
  }
  report(state, nullptr);
}

}  // namespace

BENCHMARK_CAPTURE(simulate, timing_only, npu::Mode::kTimingOnly)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(3);
BENCHMARK_CAPTURE(simulate, full, npu::Mode::kFull)->Unit(benchmark::kMillisecond)->Iterations(2);
BENCHMARK(openblas_sgemm)->Unit(benchmark::kMillisecond)->Iterations(2);
