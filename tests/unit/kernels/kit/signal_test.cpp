// Signals between chips, on the simulator and under the sanitizer.
#include <catch2/catch.hpp>
#include <vector>

#include "isa/chip_address.h"
#include "kernels/kit/kit.h"
#include "sim/soc/simulator.h"

namespace npu::test {
namespace {

using namespace types;

constexpr int64_t kCount = 64;

// Each chip adds 1 to what lies in its `in`, keeps the result and gives it to the next chip.
Program relay(const Limits& machine, bool waits) {
  Kernel k{"relay", machine};
  const Tensor in = k.tensor("in", f32, {kCount}), out = k.tensor("out", f32, {kCount});
  const Signal arrived = k.signal("arrived", 3);
  Ring& x = k.ring("x", Mem::kUb, f32, {1, kCount}, 1);
  Ring& y = k.ring("y", Mem::kUb, f32, {1, kCount}, 1);
  const auto one_core = [&](Int) {
    const Int next = k.chip() + 1;
    if (waits) k.when(k.chip() > 0, [&] { k.wait(arrived.at(2), Unit::kLoad, 5); });
    k.load(x.push(), in.tile(0, 0));
    k.vec.add(y.push(), x.pop(), 1);
    k.use(y.pop(), [&](Tile sum) {
      k.store(out.tile(0, 0), sum);
      k.when(next < k.chips(), [&] { k.store(in.on(next).tile(0, 0), sum); });
    });
    if (waits) k.when(next < k.chips(), [&] { k.set(arrived.on(next).at(2), Unit::kStore, 5); });
  };
  k.tasks(1, one_core, {.per = Per::kVector});
  return k.finish();
}

struct Ran {
  RunResult result;
  std::vector<std::vector<float>> out;  // of each chip
};

Ran run_relay(bool waits) {
  const MachineConfig machine = load_machine("tiny-x4");
  Simulator simulator(machine, {.check = true});
  Gm& gm = simulator.gm();
  const auto allocate = [&](uint64_t bytes, const char* name) {
    uint64_t address = 0;
    for (int chip = machine.chips; chip-- > 0;)
      address = gm.allocate(bytes, Storage::kControl, name, chip);
    return address;
  };
  const std::vector<float> given(kCount, 10);
  const uint64_t in = allocate(kCount * 4, "in"), out = allocate(kCount * 4, "out");
  const auto on = [](uint64_t address, int chip) {
    return address + (static_cast<uint64_t>(chip) << kChipShift);
  };
  for (int chip = 0; chip < machine.chips; ++chip) gm.write(on(in, chip), given.data(), kCount * 4);
  const Program program = relay(simulator.limits(), waits);
  REQUIRE(program.workspaces.size() == 1);
  CHECK(program.workspaces[0].zeroed);
  const uint64_t words = allocate(program.workspaces[0].bytes, "arrived");
  Ran ran;
  ran.result = simulator.run(program, std::vector<uint64_t>{in, out, words});
  for (int chip = 0; chip < machine.chips; ++chip) {
    ran.out.emplace_back(kCount);
    gm.read(on(out, chip), ran.out.back().data(), kCount * 4);
    std::vector<uint64_t> left(3);
    gm.read(on(words, chip), left.data(), 24);
    CHECK(left == std::vector<uint64_t>(3));
  }
  return ran;
}

TEST_CASE("a signal hands data from chip to chip") {
  const Ran ran = run_relay(true);
  REQUIRE_FALSE(ran.result.fault);
  CHECK(ran.result.check.hazards.empty());
  for (size_t chip = 0; chip < ran.out.size(); ++chip) {
    CHECK(ran.out[chip] == std::vector<float>(kCount, 11 + static_cast<float>(chip)));
  }
}

TEST_CASE("without its signal the same hand-over is a race") {
  const Ran ran = run_relay(false);
  REQUIRE_FALSE(ran.result.fault);
  CHECK_FALSE(ran.result.check.hazards.empty());
}

}  // namespace
}  // namespace npu::test
