// The collectives on systems of several chips: numbers, races, and cycles against the closed forms
// of their links.
#include <catch2/catch.hpp>

#include "isa/errors.h"
#include "tests/models/system_run.h"

namespace npu {
namespace {

using test::cycles_of;
using test::run_on;
using test::small_system;
using test::SystemRun;

TEST_CASE("collectives of four chips give the reference's numbers without a race") {
  const MachineConfig machine = load_machine("tiny-x4");
  const std::vector<std::pair<const char*, std::vector<OptionText>>> cases = {
      {"all_reduce", {{"algorithm", "one_shot"}}},
      {"all_reduce", {{"algorithm", "direct"}}},
      {"all_reduce", {{"algorithm", "ring"}}},
      {"broadcast", {{"algorithm", "star"}}},
      {"broadcast", {{"algorithm", "scatter"}}},
      {"all_gather", {}},
      {"reduce_scatter", {}},
      {"all_to_all", {}}};
  for (const auto& [name, given] : cases) {
    for (const char* bytes : {"2", "30", "2054", "4096"}) {
      std::vector<OptionText> options = given;
      options.emplace_back("bytes", bytes);
      const SystemRun ran = run_on(machine, name, options, {.check = true});
      INFO(name << " " << (given.empty() ? "" : given.front().second) << " bytes " << bytes << "\n"
                << ran.text());
      CHECK(ran.good());
    }
  }
}

TEST_CASE("a kernel for another number of chips is refused") {
  const MachineConfig machine = load_machine("tiny-x4");
  const Operator& op = find_operator("all_reduce");
  const Options two(op.name, op.options, {{"chips", "2"}});
  CHECK_THROWS_AS(op.program(limits_of(machine), two), InputError);
}

// Bytes of each link over its rate, and the ways that nothing hides.
double closed_form(const MachineConfig& machine, double bytes_of_a_link, int ways) {
  return bytes_of_a_link / (machine.link.gigabytes_per_second / machine.clock_ghz) +
         ways * machine.link.latency_nanoseconds * machine.clock_ghz;
}

TEST_CASE("collectives of 64 MB on four chips meet the closed form of their links within 5 %") {
  const MachineConfig mesh = small_system("base-x4", 8), ring = small_system("base-ring4", 8);
  constexpr double kBytes = 64 << 20;
  const std::vector<OptionText> large{{"bytes", "67108864"}};
  const auto close = [](uint64_t cycles, double want) {
    INFO(cycles << " cycles, closed form " << want);
    CHECK(static_cast<double>(cycles) == Approx(want).epsilon(0.05));
  };
  // Every link of the mesh carries a quarter twice: to be summed, and the sum.
  close(cycles_of(mesh, "all_reduce", large), closed_form(mesh, 2 * kBytes / 4, 3));
  close(cycles_of(mesh, "all_to_all", large), closed_form(mesh, kBytes / 4, 1));
  close(cycles_of(mesh, "all_gather", large), closed_form(mesh, kBytes / 4, 1));
  close(cycles_of(mesh, "reduce_scatter", large), closed_form(mesh, kBytes / 4, 2));
  // A part to each, and what it passes on.
  std::vector<OptionText> scatter = large;
  scatter.emplace_back("algorithm", "scatter");
  close(cycles_of(mesh, "broadcast", scatter), closed_form(mesh, 2 * kBytes / 4, 2));
  // Six steps of a quarter, tile by tile, so that only the first and the last tile wait for ways.
  std::vector<OptionText> round = large;
  round.emplace_back("algorithm", "ring");
  close(cycles_of(ring, "all_reduce", round), closed_form(ring, 6 * kBytes / 4, 5));
  // What is contended. In a ring the bytes for the chip opposite take the links upwards of two
  // chips, so that each of these carries three quarters; on a switch all that a chip gets passes
  // its one port.
  close(cycles_of(ring, "all_to_all", large), closed_form(ring, 3 * kBytes / 4, 2));
  MachineConfig under_a_switch = mesh;
  under_a_switch.link.topology = "switch";
  close(cycles_of(under_a_switch, "all_gather", large),
        closed_form(under_a_switch, 3 * kBytes / 4, 1));
}

TEST_CASE("one shot pays for a small all-reduce and the direct one for a large") {
  const MachineConfig mesh = small_system("base-x4", 8);
  const auto cycles = [&](const char* bytes, const char* algorithm) {
    return cycles_of(mesh, "all_reduce", {{"bytes", bytes}, {"algorithm", algorithm}});
  };
  CHECK(cycles("4096", "one_shot") < cycles("4096", "direct"));
  CHECK(cycles("4194304", "direct") < cycles("4194304", "one_shot"));
}

}  // namespace
}  // namespace npu
