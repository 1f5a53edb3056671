// npu run --memory-test: HBM alone, without a kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace CLI {
class App;
}

namespace npu {

struct MemoryTest {
  std::string pattern;  // empty: no memory test
  std::string trace;    // a file, instead of a made-up pattern
  uint64_t accesses = 65536, bytes = 64, stride = 4096;
  int outstanding = 0;  // 0: 64 a channel
};

// The options of a memory test.
std::shared_ptr<MemoryTest> add_memory_test(CLI::App& command);

// Carries it out and prints bandwidth and latency.
void run_memory_test(const MemoryTest& test, const std::string& machine, bool json);

}  // namespace npu
