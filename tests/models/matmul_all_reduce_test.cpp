// A product whose k is cut among chips, and the sum over these, in one kernel.
#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "tests/models/system_run.h"

namespace npu {
namespace {

using test::cycles_of;
using test::run_on;
using test::small_system;
using test::SystemRun;

std::vector<OptionText> shape(int m, int n, int k) {
  return {{"m", std::to_string(m)}, {"n", std::to_string(n)}, {"k", std::to_string(k)}};
}

TEST_CASE("matmul_all_reduce gives the sum of all chips' products to each, without a race") {
  const MachineConfig machine = GENERATE(load_machine("tiny-x4"), small_system("base-x4", 2),
                                         small_system("base-ring4", 3), load_machine("tiny"));
  for (const auto& [m, n, k] : {std::array{1, 1, 1}, {35, 50, 24}, {130, 17, 33}, {200, 257, 64}}) {
    for (const char* type : {"fp16", "bf16"}) {
      std::vector<OptionText> given = shape(m, n, k);
      given.emplace_back("dtype", type);
      const SystemRun ran = run_on(machine, "matmul_all_reduce", given, {.check = true});
      INFO(machine.name << " m " << m << " n " << n << " k " << k << " " << type << "\n"
                        << ran.text());
      CHECK(ran.good());
    }
  }
}

TEST_CASE("a sum without one chip's part, turned, or with a tile left out is refused") {
  std::vector<OptionText> given = shape(40, 40, 64);
  given.emplace_back("chips", "4");
  const auto spoiled = [&](const std::function<void(HostTensor&)>& spoil) {
    return test::passes("matmul_all_reduce", given, {}, spoil);
  };
  CHECK(spoiled({}));
  CHECK_FALSE(spoiled([](HostTensor& c) { c = zero_tensor(c.type, c.dims); }));
  CHECK_FALSE(spoiled([](HostTensor& c) {
    for (int64_t i = 0; i < c.count(); ++i) c.set(i, -c.at(i));
  }));
  CHECK_FALSE(spoiled([](HostTensor& c) {  // of chip 3
    for (int64_t row = 0; row < 16; ++row)
      for (int64_t col = 0; col < 16; ++col) c.set((3 * 40 + row) * 40 + col, 0);
  }));
  CHECK_FALSE(test::passes("matmul_all_reduce", given, [](std::vector<OperatorArgument>& list) {
    HostTensor& a = list[0].tensor;  // of chip 2
    for (int64_t i = 0; i < int64_t{40} * 64; ++i) a.set(2 * 40 * 64 + i, 0);
  }));
}

// Shapes whose product and whose sum take about as long as each other.
TEST_CASE("matmul_all_reduce takes less than a product and an all-reduce after it") {
  const auto gains = [](int groups, int m, int n, int k, double most) {
    const MachineConfig machine = small_system("base-x4", groups);
    std::vector<OptionText> product = shape(m, n, k);
    const uint64_t together = cycles_of(machine, "matmul_all_reduce", product);
    product.insert(product.end(), {{"out", "fp16"}, {"tb", "true"}});
    const uint64_t matmul = cycles_of(machine, "matmul", product);
    const uint64_t sum = cycles_of(machine, "all_reduce", {{"bytes", std::to_string(2 * m * n)}});
    INFO(matmul << " + " << sum << " cycles apart, " << together << " together");
    CHECK(static_cast<double>(together) < most * static_cast<double>(matmul + sum));
  };
  gains(8, 1024, 1024, 1024, 0.85);
  gains(32, 1024, 1024, 4096, 0.9);
  gains(32, 2048, 2048, 2048, 0.85);
  gains(32, 64, 4096, 1024, 0.9);
}

}  // namespace
}  // namespace npu
