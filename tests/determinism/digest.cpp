// Prints one line a sample: cycles, hash of the program, hash of the result. Two builds of npukit
// by different compilers must print the same.
#include <cstdio>
#include <exception>

#include "tests/determinism/samples.h"

int main() {
  try {
    for (const npu::test::Sample& sample : npu::test::samples()) {
      const npu::test::SampleResult result = npu::test::run_sample(sample, {});
      std::printf("%016llx %016llx %10llu  %s\n", static_cast<unsigned long long>(result.program),
                  static_cast<unsigned long long>(result.output),
                  static_cast<unsigned long long>(result.cycles), sample.text().c_str());
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
