// Same program, same machine: the same cycles and the same bits, however the host computes them.
#include <catch2/catch.hpp>

#include "isa/numerics/simd.h"
#include "tests/determinism/samples.h"

namespace npu::test {
namespace {

// The default run of each sample, computed once.
const SampleResult& plain(size_t index) {
  static std::vector<SampleResult> results(samples().size());
  SampleResult& result = results[index];
  if (result.program == 0) result = run_sample(samples()[index], {});
  return result;
}

// Runs every sample with the options and hands it to `check` beside its default run.
template <class Check>
void each_sample(const SimulatorOptions& options, Check check) {
  for (size_t i = 0; i < samples().size(); ++i) {
    INFO(samples()[i].text());
    const SampleResult result = run_sample(samples()[i], options);
    CHECK_FALSE(result.faulted);
    CHECK(result.program == plain(i).program);
    check(result, plain(i));
  }
}

void check_same(const SampleResult& result, const SampleResult& expected) {
  CHECK(result.cycles == expected.cycles);
  CHECK(result.output == expected.output);
}

TEST_CASE("a run does not depend on the order in which the model is built") {
  for (const uint64_t seed : {0, 1, 2}) each_sample({.shuffle_seed = seed}, check_same);
}

TEST_CASE("the sanitizer changes neither cycles nor bits, and the kernels are clean") {
  each_sample({.check = true}, [](const SampleResult& result, const SampleResult& expected) {
    check_same(result, expected);
    CHECK(result.clean);
  });
}

TEST_CASE("functional-only gives the bits of the timed run") {
  each_sample({.mode = Mode::kFunctionalOnly},
              [](const SampleResult& result, const SampleResult& expected) {
                CHECK(result.output == expected.output);
              });
}

TEST_CASE("timing-only gives the cycles of the full run") {
  each_sample({.mode = Mode::kTimingOnly},
              [](const SampleResult& result, const SampleResult& expected) {
                CHECK(result.cycles == expected.cycles);
              });
}

TEST_CASE("scalar code, AVX2 and AVX-512 give the same bits") {
  for (const Simd level : {Simd::kScalar, Simd::kAvx2, Simd::kAvx512}) {
    if (level > best_simd()) continue;
    set_simd(level);
    each_sample({}, check_same);
    set_simd(best_simd());
  }
}

TEST_CASE("different kernels and different machines are told apart") {
  for (size_t i = 0; i < samples().size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      INFO(samples()[i].text() << " / " << samples()[j].text());
      CHECK(plain(i).program != plain(j).program);
      CHECK(plain(i).output != plain(j).output);
    }
  }
}

}  // namespace
}  // namespace npu::test
