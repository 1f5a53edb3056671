// Booking many lines of memory in one event saves host time and must hardly change a cycle.
#include <catch2/catch.hpp>

#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

constexpr double kAgreement = 0.01;  // how far any batch may be from one line an event

uint64_t cycles(const char* name, const char* shape, int lines, int latency) {
  MachineConfig machine = small_base();
  machine.memory.lines_per_event = lines;
  machine.memory.hbm.latency = latency;
  return KernelBench(machine, Mode::kTimingOnly).cycles(name, options_from(shape));
}

// Which rows meet a refresh, of 493 cycles, is a matter of single cycles: with one line an event a
// cold sum takes 24,300 to 24,607 cycles where HBM's latency is 199 to 201. So where HBM bounds a
// kernel it is the mean over a few latencies that batches must not move.
double mean_cycles(const char* name, const char* shape, int lines) {
  double sum = 0;
  int count = 0;
  for (int latency = 198; latency <= 202; ++latency, ++count)
    sum += static_cast<double>(cycles(name, shape, lines, latency));
  return sum / count;
}

TEST_CASE(
    "a run of GEMM, GEMV and attention takes the same cycles however many lines an event books") {
  for (const auto& [name, shape] :
       {std::pair("matmul", "m=1024 n=1024 k=1024 dtype=fp16"),
        std::pair("matmul", "m=1 n=4096 k=2048 dtype=fp16"),
        std::pair("flash_attention", "tokens=512 heads=8 kv-heads=8 dim=128")}) {
    const auto one = static_cast<double>(cycles(name, shape, 1, 200));
    for (int lines = 2; lines <= 16; ++lines) {
      INFO(name << " " << shape << ", " << lines << " lines an event");
      CHECK(static_cast<double>(cycles(name, shape, lines, 200)) ==
            Approx(one).epsilon(kAgreement));
    }
  }
}

TEST_CASE("GEMM, copy and attention take the same cycles however many lines an event books") {
  for (const auto& [name, shape] :
       {std::pair("matmul", "m=1024 n=1024 k=1024 dtype=fp16"),
        std::pair("matmul", "m=1 n=4096 k=2048 dtype=fp16"),
        std::pair("add", "count=4194304 dtype=fp16"),
        std::pair("flash_attention", "tokens=512 heads=8 kv-heads=8 dim=128"),
        std::pair("decode_attention", "batch=8 keys=2048 heads=8 kv-heads=8 dim=128")}) {
    const double one = mean_cycles(name, shape, 1);
    for (int lines = 2; lines <= 16; ++lines) {
      INFO(name << " " << shape << ", " << lines << " lines an event");
      CHECK(mean_cycles(name, shape, lines) == Approx(one).epsilon(kAgreement));
    }
  }
}

}  // namespace
}  // namespace npu
