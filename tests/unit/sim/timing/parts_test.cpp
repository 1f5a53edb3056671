// The small parts that units are made of.
#include <catch2/catch.hpp>

#include "sim/timing/cause_clock.h"
#include "sim/timing/data_cache.h"
#include "sim/timing/flags.h"
#include "sim/timing/handover.h"
#include "sim/timing/lines.h"
#include "sim/timing/ring.h"
#include "sim/timing/vector_cost.h"

namespace npu {
namespace {

TEST_CASE("a flag counts from its initial value and gives what is there") {
  Flags flags;
  flags.start({{.id = 3, .initial = 2, .limit = 4, .name = "a"}, {.id = 5, .initial = 0}});
  CHECK(flags.try_take({FlagAmount{3, 2}, FlagAmount{}}));
  CHECK(!flags.try_take({FlagAmount{3, 1}, FlagAmount{}}));
  CHECK(flags.not_initial() == 3);
  CHECK(flags.add({3, 2}));
  CHECK(!flags.not_initial());
  CHECK(flags.declared(5));
  CHECK(!flags.declared(6));
}

TEST_CASE("two waits are taken together or not at all") {
  Flags flags;
  flags.start({{.id = 1, .initial = 1}, {.id = 2, .initial = 0}});
  CHECK(!flags.try_take({FlagAmount{1, 1}, FlagAmount{2, 1}}));
  CHECK(flags.value(1) == 1);
  CHECK(flags.add({2, 1}));
  CHECK(flags.try_take({FlagAmount{1, 1}, FlagAmount{2, 1}}));
  CHECK(!flags.try_take({FlagAmount{1, 1}, FlagAmount{1, 1}}));
}

TEST_CASE("a flag refuses to be set over its limit") {
  Flags flags;
  flags.start({{.id = 1, .initial = 0, .limit = 2}});
  CHECK(flags.add({1, 2}));
  CHECK(!flags.add({1, 1}));
  CHECK(!flags.add({1, 0xffffffff}));
  CHECK(flags.value(1) == 2);
}

TEST_CASE("causes of a unit sum to the run, also for one that had run ahead") {
  CauseClock clock;
  clock.start(Cause::kSequencer);
  clock.change(10, Cause::kBusy);
  clock.change(25, Cause::kFlag);
  const UnitRecord record = clock.close(40);
  CHECK(record.busy() == 15);
  CHECK(record.cycles[static_cast<size_t>(Cause::kFlag)] == 15);
  CauseClock ahead;
  ahead.start(Cause::kBusy);
  ahead.change(100, Cause::kQueueFull);
  CHECK(ahead.close(60).busy() == 60);
}

TEST_CASE("a ring keeps its order while it grows and turns") {
  Ring<int> ring;
  int next = 0, expected = 0;
  for (int round = 0; round < 50; ++round) {
    for (int i = 0; i < 3; ++i) ring.push() = next++;
    ring.pop();
    ++expected;
    CHECK(ring.front() == expected);
  }
  CHECK(ring.size() == 100);
  CHECK(ring[7] == expected + 7);
}

TEST_CASE("requests for lines join short rows of one line and split long ones") {
  Footprint footprint;
  footprint.add({.mem = Mem::kGm, .base = 100, .rows = 3, .row_bytes = 8, .pitch = 16});
  footprint.add({.mem = Mem::kL1, .base = 0, .rows = 1, .row_bytes = 600, .write = true});
  footprint.add({.mem = Mem::kGm, .base = 500, .rows = 1, .row_bytes = 600, .pitch = 0});
  GmLines lines(footprint, false, 9);
  std::array<LineRequest, 2> out{};
  CHECK(lines.next(out) == 2);
  CHECK(out[0].line == 0);
  CHECK(out[0].bytes == 24 + 12);
  CHECK(out[1].bytes == 512);
  CHECK(lines.next(out) == 1);
  CHECK(out[0].bytes == 76);
  CHECK(lines.next(out) == 0);
}

TEST_CASE("each side of a handover sees what the other began before it on the same span") {
  Handover handover;
  handover.start();
  const uint64_t drain = handover.begin(false, {0, 1024});
  const uint64_t mma = handover.begin(true, {0, 1024});
  CHECK(handover.blocked(true, {0, 1024}, mma));
  CHECK(!handover.blocked(true, {1024, 2048}, mma));
  CHECK(!handover.blocked(false, {0, 1024}, drain));
  handover.retire(drain);
  CHECK(!handover.blocked(true, {0, 1024}, mma));
}

TEST_CASE("the cache keeps a line's bytes and knows its place") {
  DataCache cache(256);
  CHECK(cache.find(128) == nullptr);
  cache.take(130).bytes[2] = std::byte{7};
  REQUIRE(cache.find(191) != nullptr);
  CHECK(cache.find(191)->bytes[2] == std::byte{7});
  CHECK(cache.find(128 + 256) == nullptr);
  cache.invalidate(140);
  CHECK(cache.find(128) == nullptr);
}

TEST_CASE("vector cycles follow the table: class, element size, gaps between rows") {
  VectorConfig vector;
  vector.simple = {8, 16, 32};
  vector.transcendental = {4, 4, 4};
  vector.reduce = {4, 8, 16};
  vector.row_reduce = 2;
  vector.block = 32;
  Vadd<Value> add{.type = Type::kF32, .rows = 4, .cols = 8, .d_pitch = 32};
  CHECK(vector_cycles(vector, add) == 4);
  add.type = Type::kF16;  // rows of 16 bytes, 32 apart: each takes a block
  CHECK(vector_cycles(vector, add) == 4);
  add.d_pitch = 16;
  CHECK(vector_cycles(vector, add) == 2);
  CHECK(vector_cycles(vector, Vexp<Value>{.type = Type::kF32, .rows = 1, .cols = 64}) == 16);
  CHECK(vector_cycles(vector,
                      VrowSum<Value>{.type = Type::kF32, .rows = 2, .cols = 8, .a_pitch = 32}) ==
        4 + 4);
  CHECK(vector_cycles(
            vector, VcolSum<Value>{.type = Type::kF32, .rows = 2, .cols = 8, .a_pitch = 32}) == 2);
  add.cols = 0;
  CHECK(vector_cycles(vector, add) == 0);
}

}  // namespace
}  // namespace npu
