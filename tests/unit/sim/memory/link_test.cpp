#include "sim/memory/link.h"

#include <catch2/catch.hpp>

#include "sim/memory/pod_memory.h"

namespace npu {
namespace {

// 10 bytes and 1 cycle a nanosecond; a hop of 100.
MachineConfig system(const char* topology, int chips, int leaf = 4) {
  MachineConfig machine = load_machine("tiny");
  machine.clock_ghz = 1;
  machine.chips = chips;
  machine.link = {topology, 10, 100, leaf, 20};
  return machine;
}

TEST_CASE("a link takes its bytes over its rate and the latency of a hop") {
  Links links(system("full_mesh", 4));
  CHECK(links.carry(0, 1, 0, 0, 1000) == ticks_of(200));
  CHECK(links.carried() == 1000);
}

TEST_CASE("two senders share a link in turn, two links go at once, and directions are apart") {
  Links links(system("full_mesh", 4));
  links.carry(0, 1, 0, 0, 1000);
  CHECK(links.carry(0, 1, 0, 0, 1000) == ticks_of(300));
  CHECK(links.carry(0, 2, 0, 0, 1000) == ticks_of(200));
  CHECK(links.carry(1, 0, 0, 0, 1000) == ticks_of(200));
}

TEST_CASE("a ring goes the shorter way round and passes on what crosses a chip") {
  Links links(system("ring", 6));
  CHECK(links.way(0, 2) == ticks_of(200));
  CHECK(links.way(0, 5) == ticks_of(100));
  CHECK(links.longest_way() == ticks_of(300));
  CHECK(links.carry(0, 2, 0, 0, 1000) == ticks_of(400));
  // The link from 1 to 2 is taken from cycle 200 to 300.
  CHECK(links.carry(1, 2, 0, ticks_of(200), 1000) == ticks_of(500));
}

TEST_CASE("a mesh of chips goes along the row and then along the column") {
  const Links links(system("mesh", 8, 4));
  CHECK(links.way(0, 3) == ticks_of(300));
  CHECK(links.way(0, 7) == ticks_of(400));
  CHECK(links.way(6, 1) == ticks_of(200));
}

TEST_CASE("a switch has one hop under a leaf and three between leaves, with uplinks shared") {
  Links links(system("switch", 8, 4));
  CHECK(links.way(0, 3) == ticks_of(100));
  CHECK(links.way(0, 4) == ticks_of(300));
  // Three chips send to three of the other leaf: 3000 bytes through an uplink of 20 a cycle.
  links.carry(0, 4, 0, 0, 1000);
  links.carry(1, 5, 0, 0, 1000);
  const Ticks last = links.carry(2, 6, 0, 0, 1000);
  CHECK(last >= ticks_of(150 + 300));
  CHECK(last <= ticks_of(150 + 300 + 200));
}

TEST_CASE("many chips that send to one share its port of the switch") {
  Links links(system("switch", 8, 8));
  Ticks last = 0;
  for (int chip = 1; chip < 8; ++chip) last = std::max(last, links.carry(chip, 0, 0, 0, 1000));
  CHECK(last >= ticks_of(700 + 100));
}

TEST_CASE("a scalar access to another chip takes the way there and back") {
  const MachineConfig machine = system("full_mesh", 2);
  PodMemory memory(machine);
  memory.start_run(true);
  const uint64_t own = memory.access(0, 0, 0, 4096, 8, true);
  const uint64_t remote = memory.access(0, 0, 0, (uint64_t{1} << 48) + 4096, 8, true);
  CHECK(remote - own >= ticks_of(200));
  CHECK(remote - own <= ticks_of(202));
  CHECK(memory.traffic().links == 8);
}

}  // namespace
}  // namespace npu
