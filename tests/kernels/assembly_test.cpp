// The matrix product written in assembly, over sizes with and without tails.
#include <array>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "isa/assembler/assembler.h"
#include "kernels/ops/matmul.h"
#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

Program hand_written() {
  const std::string path = NPU_SOURCE_DIR "/kernels/asm/matmul.npuasm";
  std::ifstream file(path);
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return assemble(text.str(), "matmul.npuasm");
}

OperatorArgument number(const char* name, int64_t value) {
  return {.name = name, .kind = Parameter::Kind::kInt, .value = value};
}

std::vector<OperatorArgument> arguments(int64_t m, int64_t n, int64_t k) {
  HostTensor c = zero_tensor(Type::kF32, {m, n});
  return {{.name = "a", .tensor = random_tensor(Type::kF16, {m, k}, 1)},
          {.name = "b", .tensor = random_tensor(Type::kF16, {n, k}, 2)},
          {.name = "c", .output = true, .tensor = std::move(c)},
          number("m", m),
          number("n", n),
          number("k", k)};
}

void check_sizes(KernelBench& bench) {
  const Program program = hand_written();
  for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{{1, 1, 1},
                                                                   {16, 16, 16},
                                                                   {17, 15, 33},
                                                                   {3, 50, 7},
                                                                   {64, 48, 80},
                                                                   {1, 100, 100},
                                                                   {31, 1, 16}}) {
    std::vector<OperatorArgument> list = arguments(m, n, k);
    const MatmulShape shape{.m = m, .n = n, .k = k, .b_transposed = true};
    const Expected expected =
        matmul_reference(shape, values_of(list[0].tensor), values_of(list[1].tensor), {});
    KernelBench::Outcome outcome{bench.launch(program, list), {}};
    outcome.verdict = compare(list[2].tensor, expected.want, expected.bound);
    INFO(m << " x " << n << " x " << k << "\n" << outcome.text());
    CHECK(outcome.good());
  }
}

TEST_CASE("the matrix product in assembly is right and free of hazards on every machine") {
  for (const MachineConfig& machine : {tiny_machine(), small_base(), small_base_through_gm()}) {
    KernelBench bench(machine, Mode::kFull, true);
    check_sizes(bench);
  }
}

TEST_CASE("the matrix product in assembly traps on a size of zero") {
  KernelBench bench(tiny_machine());
  std::vector<OperatorArgument> list = arguments(1, 1, 1);
  list[4].value = 0;
  const RunResult result = bench.launch(hand_written(), list);
  REQUIRE(result.fault);
  CHECK(result.fault->code == FaultCode::kTrap);
  CHECK(result.fault->text().find("at least 1") != std::string::npos);
}

}  // namespace
}  // namespace npu
