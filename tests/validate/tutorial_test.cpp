// The kernels of the ladders, with numbers.
#include <catch2/catch.hpp>
#include <random>

#include "isa/numerics/scalar.h"
#include "kernels/tutorial/add_ladder.h"
#include "kernels/tutorial/matmul_ladder.h"
#include "sim/soc/simulator.h"

namespace npu {
namespace {

// Small whole numbers: every product and sum of them is exact in f16 and f32.
std::vector<uint16_t> whole_numbers(int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint16_t> values(static_cast<size_t>(count));
  for (uint16_t& value : values) {
    value = static_cast<uint16_t>(encode(Type::kF16, static_cast<float>(random() % 5) - 2));
  }
  return values;
}
double number(uint16_t bits) { return decode(Type::kF16, bits); }

std::vector<uint16_t> run(const std::string& machine, const Program& program, int groups,
                          const std::vector<std::vector<uint16_t>>& inputs, int64_t outputs) {
  Simulator simulator(load_machine(machine), {});
  std::vector<uint64_t> addresses;
  const auto allocate = [&](size_t count) {
    addresses.push_back(simulator.gm().allocate(count * 2, Storage::kData, "tensor"));
  };
  for (const auto& input : inputs) {
    allocate(input.size());
    simulator.gm().write(addresses.back(), input.data(), input.size() * 2);
  }
  allocate(static_cast<size_t>(outputs));
  RunOptions options;
  options.groups = groups;
  const RunResult result = simulator.run(program, addresses, options);
  REQUIRE((result.fault ? result.fault->text() : "") == "");
  std::vector<uint16_t> output(static_cast<size_t>(outputs));
  simulator.gm().read(addresses.back(), output.data(), output.size() * 2);
  return output;
}

Limits limits_of_preset(const std::string& machine) { return limits_of(load_machine(machine)); }

TEST_CASE("every step of the matrix product's ladder is right, with tails and blocks") {
  const std::string machine = GENERATE("tiny", "ascend-910b1", "ascend-950pr");
  const bool overlap = GENERATE(false, true), handover = GENERATE(false, true);
  MatmulStep s{.m = 35, .n = 50, .k = 72, .base_m = 16, .base_n = 16, .base_k = 16};
  s.packet = 32;
  s.packets = overlap ? 2 : 1;
  s.overlap = overlap;
  s.handover = handover;
  s.grid_n = 2;
  const auto a = whole_numbers(s.m * s.k, 1), b = whole_numbers(s.n * s.k, 2);
  const auto c = run(machine, matmul_step(limits_of_preset(machine), s), 2, {a, b}, s.m * s.n);
  int wrong = 0;
  for (int64_t i = 0; i < s.m; ++i) {
    for (int64_t j = 0; j < s.n; ++j) {
      double sum = 0;
      for (int64_t x = 0; x < s.k; ++x) {
        sum += number(a[static_cast<size_t>(i * s.k + x)]) *
               number(b[static_cast<size_t>(j * s.k + x)]);
      }
      wrong += number(c[static_cast<size_t>(i * s.n + j)]) != sum ? 1 : 0;
    }
  }
  CHECK(wrong == 0);
}

TEST_CASE("every step of the sum's ladder is right, with a tail") {
  const bool alone = GENERATE(false, true), spread = GENERATE(false, true);
  AddStep s{.count = 1000, .tile = 256, .slots = alone ? 1 : 2, .stream = spread};
  s.alone = alone;
  s.spread = spread;
  const auto a = whole_numbers(s.count, 3), b = whole_numbers(s.count, 4);
  const auto y =
      run("ascend-910b1", add_step(limits_of_preset("ascend-910b1"), s), 1, {a, b}, s.count);
  int wrong = 0;
  for (size_t i = 0; i < y.size(); ++i)
    wrong += number(y[i]) != number(a[i]) + number(b[i]) ? 1 : 0;
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace npu
