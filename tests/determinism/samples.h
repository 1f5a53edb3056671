// Small kernels whose every cycle and bit is compared between hosts, builds and modes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/ops/catalog.h"
#include "sim/soc/simulator.h"

namespace npu::test {

struct Sample {
  std::string_view machine, kernel;
  std::vector<OptionText> options;
  std::string text() const;
};

// Every operator, matmul and attention in several types and on several machines.
const std::vector<Sample>& samples();

struct SampleResult {
  uint64_t cycles = 0;
  uint64_t program = 0;  // hash of the program's object file
  uint64_t output = 0;   // hash of the bits of all outputs; of nothing in timing-only
  bool faulted = false;
  bool clean = true;  // nothing found by the sanitizer
};

// Runs it on a simulator of its own with these options.
SampleResult run_sample(const Sample& sample, const SimulatorOptions& options);

}  // namespace npu::test
