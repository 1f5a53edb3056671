// Host speed of the numerics: matmul tiles as the cube issues them, against OpenBLAS sgemm;
// conversions; functions. Run with OPENBLAS_NUM_THREADS=1 and, on an AVX-512 host,
// OPENBLAS_CORETYPE=SkylakeX.
#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#ifdef NPU_HAVE_OPENBLAS
#include <cblas.h>
#endif

#include "isa/numerics/convert.h"
#include "isa/numerics/math.h"
#include "isa/numerics/mma.h"
#include "isa/numerics/reduce.h"
#include "isa/numerics/simd.h"

namespace npu {
namespace {

std::vector<float> uniform(size_t count) {
  std::mt19937 random(1);
  std::uniform_real_distribution<float> between(-1.0f, 1.0f);
  std::vector<float> values(count);
  for (float& value : values) value = between(random);
  return values;
}

std::vector<std::byte> operand(Type type, size_t count) {
  const std::vector<float> values = uniform(count);
  std::vector<std::byte> bytes(bytes_of(type, count));
  convert(values.data(), Type::kF32, bytes.data(), type, count);
  return bytes;
}

void flops(benchmark::State& state, double per_iteration) {
  state.counters["flops"] =
      benchmark::Counter(per_iteration, benchmark::Counter::kIsIterationInvariantRate);
}

// One 128 x 256 x 64 tile after another into the same accumulators, on 32-byte fractal rows.
void mma_tile(benchmark::State& state, Type type, Simd level) {
  if (level > best_simd()) return state.SkipWithError("not on this host");
  constexpr int kM = 128, kN = 256, kK = 64;
  set_simd(level);
  const auto row = static_cast<size_t>(32);
  const std::vector<std::byte> a = operand(type, kM * kK);
  const std::vector<std::byte> b = operand(type, kN * kK);
  std::vector<std::byte> c(kM * kN * 4);
  for (auto _ : state) {
    mma(type, {a.data(), kM * row, 16, 32}, {b.data(), kN * row, 16, 32},
        {c.data(), kM * 64, 16, 64}, kM, kN, kK, true);
    benchmark::ClobberMemory();
  }
  flops(state, 2.0 * kM * kN * kK);
  set_simd(best_simd());
}
BENCHMARK_CAPTURE(mma_tile, f16_avx512, Type::kF16, Simd::kAvx512);
BENCHMARK_CAPTURE(mma_tile, f16_avx2, Type::kF16, Simd::kAvx2);
BENCHMARK_CAPTURE(mma_tile, f16_scalar, Type::kF16, Simd::kScalar);
BENCHMARK_CAPTURE(mma_tile, bf16, Type::kBf16, best_simd());
BENCHMARK_CAPTURE(mma_tile, f32, Type::kF32, best_simd());
BENCHMARK_CAPTURE(mma_tile, tf32, Type::kTf32, best_simd());
BENCHMARK_CAPTURE(mma_tile, e4m3, Type::kE4m3, best_simd());
BENCHMARK_CAPTURE(mma_tile, i8_avx512, Type::kI8, Simd::kAvx512);
BENCHMARK_CAPTURE(mma_tile, i8_avx2, Type::kI8, Simd::kAvx2);

#ifdef NPU_HAVE_OPENBLAS
void sgemm(benchmark::State& state) {
  const int n = static_cast<int>(state.range(0));
  const auto count = static_cast<size_t>(n) * static_cast<size_t>(n);
  const std::vector<float> a = uniform(count);
  const std::vector<float> b = uniform(count);
  std::vector<float> c(count);
  for (auto _ : state) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, n, n, 1.0f, a.data(), n, b.data(), n,
                0.0f, c.data(), n);
    benchmark::ClobberMemory();
  }
  flops(state, 2.0 * n * n * n);
}
BENCHMARK(sgemm)->Arg(4096)->Unit(benchmark::kMillisecond);
#endif

void convert_row(benchmark::State& state, Type from, Type to) {
  constexpr size_t kCount = 8192;
  const std::vector<std::byte> source = operand(from, kCount);
  std::vector<std::byte> target(bytes_of(to, kCount));
  for (auto _ : state) {
    convert(source.data(), from, target.data(), to, kCount);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kCount));
}
BENCHMARK_CAPTURE(convert_row, f16_f32, Type::kF16, Type::kF32);
BENCHMARK_CAPTURE(convert_row, bf16_f32, Type::kBf16, Type::kF32);
BENCHMARK_CAPTURE(convert_row, e4m3_f32, Type::kE4m3, Type::kF32);
BENCHMARK_CAPTURE(convert_row, f32_f16, Type::kF32, Type::kF16);
BENCHMARK_CAPTURE(convert_row, f32_bf16, Type::kF32, Type::kBf16);
BENCHMARK_CAPTURE(convert_row, f32_e4m3, Type::kF32, Type::kE4m3);
BENCHMARK_CAPTURE(convert_row, f32_i8, Type::kF32, Type::kI8);
BENCHMARK_CAPTURE(convert_row, i8_i32, Type::kI8, Type::kI32);
BENCHMARK_CAPTURE(convert_row, i32_f32, Type::kI32, Type::kF32);

void function_of_row(benchmark::State& state, void (*f)(const float*, float*, size_t)) {
  constexpr size_t kCount = 4096;
  std::vector<float> x = uniform(kCount);
  for (float& value : x) value = value * value + 0.01f;
  std::vector<float> y(kCount);
  for (auto _ : state) {
    f(x.data(), y.data(), kCount);
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kCount));
}
BENCHMARK_CAPTURE(function_of_row, exp, exp_f32);
BENCHMARK_CAPTURE(function_of_row, ln, ln_f32);
BENCHMARK_CAPTURE(function_of_row, sqrt, sqrt_f32);
BENCHMARK_CAPTURE(function_of_row, rsqrt, rsqrt_f32);
BENCHMARK_CAPTURE(function_of_row, rec, rec_f32);

void reduce_row(benchmark::State& state, float (*f)(const float*, size_t)) {
  constexpr size_t kCount = 4096;
  const std::vector<float> x = uniform(kCount);
  for (auto _ : state) benchmark::DoNotOptimize(f(x.data(), kCount));
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations() * kCount));
}
BENCHMARK_CAPTURE(reduce_row, sum, row_sum);
BENCHMARK_CAPTURE(reduce_row, max, row_max);
BENCHMARK_CAPTURE(reduce_row, absmax, row_absmax);

}  // namespace
}  // namespace npu
