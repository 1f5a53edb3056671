#include "sim/memory/link.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "sim/memory/pod_memory.h"

namespace npu {
namespace {

// 10 bytes and 1 cycle a nanosecond; a hop of 96. A message of 960 bytes takes a link for 96 cycles
// and an uplink for 48: all whole buckets of a calendar, so that every time is exact.
constexpr uint64_t kMessage = 960;

MachineConfig system(const char* topology, int chips, int leaf = 4) {
  MachineConfig machine = load_machine("tiny");
  machine.clock_ghz = 1;
  machine.chips = chips;
  machine.link = {topology, 10, 96, leaf, 20};
  return machine;
}

TEST_CASE("a link takes its bytes over its rate and the latency of a hop") {
  Links links(system("full_mesh", 4));
  CHECK(links.carry(0, 1, 0, 0, kMessage) == ticks_of(96 + 96));
  CHECK(links.carried() == kMessage);
}

TEST_CASE("two senders share a link in turn, two links go at once, and directions are apart") {
  Links links(system("full_mesh", 4));
  links.carry(0, 1, 0, 0, kMessage);
  CHECK(links.carry(0, 1, 0, 0, kMessage) == ticks_of(2 * 96 + 96));
  CHECK(links.carry(0, 2, 0, 0, kMessage) == ticks_of(96 + 96));
  CHECK(links.carry(1, 0, 0, 0, kMessage) == ticks_of(96 + 96));
}

TEST_CASE("a ring goes the shorter way round and passes on what crosses a chip") {
  Links links(system("ring", 6));
  CHECK(links.way(0, 2) == ticks_of(2 * 96));
  CHECK(links.way(0, 5) == ticks_of(96));
  CHECK(links.longest_way() == ticks_of(3 * 96));
  CHECK(links.carry(0, 2, 0, 0, kMessage) == ticks_of(2 * (96 + 96)));
  // The link from 1 to 2 is taken from cycle 192 to 288.
  CHECK(links.carry(1, 2, 0, ticks_of(192), kMessage) == ticks_of(288 + 96 + 96));
}

TEST_CASE("a mesh of chips goes along the row and then along the column") {
  const Links links(system("mesh", 8, 4));
  CHECK(links.way(0, 3) == ticks_of(3 * 96));
  CHECK(links.way(0, 7) == ticks_of(4 * 96));
  CHECK(links.way(6, 1) == ticks_of(2 * 96));
}

TEST_CASE("a switch has one hop under a leaf and three between leaves, with uplinks shared") {
  Links links(system("switch", 8, 4));
  CHECK(links.way(0, 3) == ticks_of(96));
  CHECK(links.way(0, 4) == ticks_of(3 * 96));
  // Three chips send to three of the other leaf. The last message leaves its port at 96, is the
  // third through the uplink, and passes a downlink and a port without waiting; three hops.
  links.carry(0, 4, 0, 0, kMessage);
  links.carry(1, 5, 0, 0, kMessage);
  CHECK(links.carry(2, 6, 0, 0, kMessage) == ticks_of(96 + 3 * 48 + 48 + 96 + 3 * 96));
}

TEST_CASE("many chips that send to one share its port of the switch") {
  Links links(system("switch", 8, 8));
  Ticks last = 0;
  for (int chip = 1; chip < 8; ++chip) {
    last = std::max(last, links.carry(chip, 0, 0, 0, kMessage));
  }
  CHECK(last == ticks_of(96 + 96 + 7 * 96));
}

TEST_CASE("a scalar access to another chip takes the way there and back") {
  const MachineConfig machine = system("full_mesh", 2);
  PodMemory memory(machine);
  memory.start_run(true);
  const uint64_t own = memory.access(0, 0, 0, 4096, 8, true);
  const uint64_t remote = memory.access(0, 0, 0, (uint64_t{1} << 48) + 4096, 8, true);
  CHECK(remote - own >= ticks_of(192));
  CHECK(remote - own <= ticks_of(194));
  CHECK(memory.traffic().links == 8);
}

}  // namespace
}  // namespace npu
