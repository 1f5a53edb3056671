#include "sim/memory/memory.h"

#include <catch2/catch.hpp>
#include <set>

namespace npu {
namespace {

uint64_t cycles(Ticks ticks) { return ticks >> kTickBits; }

TEST_CASE("a rate divides cycles finely") {
  const Rate rate(1333.3333);
  CHECK(static_cast<double>(rate.of(512)) / kTicksPerCycle ==
        Approx(512 / 1333.3333).epsilon(1e-4));
  CHECK(Rate(512).of(512) == kTicksPerCycle);
}

TEST_CASE("a calendar serves an idle resource at once and a busy one in turn") {
  Calendars calendar(1, 64);
  CHECK(calendar.book(0, 0, 0, 640) == ticks_of(10));
  CHECK(calendar.book(0, 0, 0, 640) == ticks_of(20));
  CHECK(calendar.book(0, 0, ticks_of(1000), 64) == ticks_of(1001));
}

TEST_CASE("a later call fills the gap that an earlier one left") {
  Calendars calendar(1, 64);
  CHECK(calendar.book(0, 0, ticks_of(160), 64 * 16) == ticks_of(176));
  CHECK(calendar.book(0, 0, 0, 64 * 16) == ticks_of(16));
  CHECK(calendar.book(0, 0, ticks_of(160), 64) > ticks_of(176));
}

TEST_CASE("a calendar gives no more than its rate, however far ahead it is booked") {
  Calendars calendar(1, 100);
  Ticks last = 0;
  for (int i = 0; i < 100000; ++i) last = std::max(last, calendar.book(0, 0, 0, 100));
  CHECK(cycles(last) == 100000);
}

TEST_CASE("who asks for a line on its way from HBM waits as long as who asked first") {
  const MachineConfig machine = load_machine("base");
  MemorySystem memory(machine);
  const std::vector<LineRequest> line{{7, 512}};
  MemoryPort first(164, 16), second(164, 16), late(164, 16);
  const Ticks cold = memory.read(first, 0, line, Hint::kKeep);
  CHECK(memory.read(second, 1, line, Hint::kKeep) >= cold);
  CHECK(memory.read(late, 1000, line, Hint::kKeep) - ticks_of(1000) < cold);
  CHECK(memory.traffic().hbm_read == 512);
}

TEST_CASE("where L2 has sectors, a load fetches what is on its way again, but not other sectors") {
  MachineConfig machine = load_machine("base");
  machine.memory.l2.sector = 128;
  const auto fetched = [&](uint32_t bytes, uint64_t at) {
    MemorySystem memory(machine);
    MemoryPort first(164, 16), second(164, 16);
    memory.read(first, 0, std::vector<LineRequest>{{7, bytes}}, Hint::kKeep);
    memory.read(second, at, std::vector<LineRequest>{{7, bytes}}, Hint::kKeep);
    return memory.traffic().hbm_read;
  };
  CHECK(fetched(512, 1) == 512 + 512);
  CHECK(fetched(200, 1) == 512 + 512);
  CHECK(fetched(100, 1) == 512 + 128);  // within a sector
  CHECK(fetched(128, 1) == 512);
  CHECK(fetched(512, 1000) == 512);  // it has come
  MemorySystem memory(machine);
  memory.access(0, 0, 7 * 512, 64, false);
  memory.access(1, 1, 7 * 512, 64, false);
  CHECK(memory.traffic().hbm_read == 512);  // the sequencers wait
}

TEST_CASE("the least recent line of a set makes room, a streamed one first") {
  L2Tags tags({.bytes = 64 * 4, .line = 64, .ways = 4, .slices = 1});  // one set of four
  for (uint64_t line = 0; line < 4; ++line)
    CHECK(!tags.touch(tags.locate(line), false, Hint::kKeep).hit);
  CHECK(tags.touch(tags.locate(0), false, Hint::kKeep).hit);
  CHECK(!tags.touch(tags.locate(4), false, Hint::kKeep).hit);
  CHECK(tags.resident(0));
  CHECK(!tags.resident(1));
  tags.touch(tags.locate(5), false, Hint::kStream);
  CHECK(!tags.resident(2));
  tags.touch(tags.locate(6), false, Hint::kKeep);
  CHECK(!tags.resident(5));
  CHECK(tags.resident(3));
}

TEST_CASE("a dirty line is written to HBM when it goes, a clean one is not") {
  L2Tags tags({.bytes = 64 * 2, .line = 64, .ways = 2, .slices = 1});
  tags.touch(tags.locate(1), true, Hint::kKeep);
  tags.touch(tags.locate(2), false, Hint::kKeep);
  CHECK(tags.touch(tags.locate(3), false, Hint::kKeep).evicted_dirty);
  CHECK(!tags.touch(tags.locate(4), false, Hint::kKeep).evicted_dirty);
  tags.clear();
  CHECK(!tags.resident(4));
}

TEST_CASE("the line that had to be written is the one that was, whatever slices and sets") {
  for (const int slices : {1, 3, 32}) {
    for (const int64_t sets : {1, 6, 768}) {
      L2Tags tags({.bytes = 64 * 2 * slices * sets, .line = 64, .ways = 2, .slices = slices});
      std::set<uint64_t> dirty;
      uint64_t line = 1;
      for (int i = 0; i < 10000; ++i) {
        line = line * 6364136223846793005 + 1442695040888963407;
        const uint64_t number = line >> 40;
        const L2Tags::Outcome outcome = tags.touch(tags.locate(number), true, Hint::kKeep);
        if (outcome.evicted_dirty) REQUIRE(dirty.erase(outcome.evicted) == 1);
        dirty.insert(number);
        REQUIRE(tags.resident(number));
      }
      CHECK(dirty.size() <= static_cast<size_t>(2 * slices * sets));
    }
  }
}

TEST_CASE("a divisor divides as the host does") {
  for (const uint64_t value : {1, 2, 3, 7, 24, 64, 768, 16384, 1000003}) {
    const Divisor divisor(value);
    for (int shift = 0; shift < 64; ++shift) {
      for (const uint64_t near : {-1, 0, 1}) {
        const uint64_t number = (uint64_t{1} << shift) + near;
        CHECK(divisor.quotient(number) == number / value);
        CHECK(divisor.remainder(number * value + near) == (number * value + near) % value);
      }
    }
  }
}

TEST_CASE("power-of-two pitches spread over the sets") {
  L2Tags tags({.bytes = 1 << 20, .line = 512, .ways = 16, .slices = 4});  // 128 sets
  for (uint64_t i = 0; i < 256; ++i) tags.touch(tags.locate(i * 128), false, Hint::kKeep);
  int kept = 0;
  for (uint64_t i = 0; i < 256; ++i) kept += tags.resident(i * 128) ? 1 : 0;
  CHECK(kept > 64);
}

TEST_CASE("traffic is counted at every level, and L2 persists from run to run unless cold") {
  MachineConfig machine = load_machine("tiny");
  MemorySystem memory(machine);
  MemoryPort port(16, 8);
  const std::vector<LineRequest> lines = {{1, 64}, {2, 64}, {3, 32}};
  memory.start_run(true);
  memory.read(port, 0, lines, Hint::kKeep);
  CHECK(memory.traffic().core_read == 160);
  CHECK(memory.traffic().l2_miss == 160);
  CHECK(memory.traffic().hbm_read == 192);
  memory.start_run(false);
  port.restart();
  memory.read(port, 0, lines, Hint::kKeep);
  CHECK(memory.traffic().l2_hit == 160);
  CHECK(memory.traffic().hbm_read == 0);
  memory.start_run(true);
  port.restart();
  memory.write(port, 0, lines);
  CHECK(memory.traffic().hbm_read == 0);
  CHECK(memory.traffic().core_written == 160);
}

TEST_CASE("no more lines are under way than the window holds") {
  MachineConfig machine = load_machine("tiny");
  MemorySystem memory(machine);
  memory.start_run(true);
  MemoryPort port(1e6, 4);  // a port that is no limit
  std::vector<LineRequest> lines;
  for (uint64_t i = 0; i < 4; ++i) lines.push_back({i, 64});
  CHECK(port.room_at() == 0);
  const Ticks first = memory.read(port, 0, lines, Hint::kKeep);
  CHECK(port.room_at() > 20);
  const Ticks second = memory.read(port, port.room_at(), lines, Hint::kKeep);
  CHECK(second > first);
}

}  // namespace
}  // namespace npu
