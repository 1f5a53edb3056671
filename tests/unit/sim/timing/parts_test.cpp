// The small parts that units are made of.
#include <catch2/catch.hpp>

#include "sim/timing/cause_clock.h"
#include "sim/timing/checked.h"
#include "sim/timing/data_cache.h"
#include "sim/timing/flags.h"
#include "sim/timing/handover.h"
#include "sim/timing/instruction_cache.h"
#include "sim/timing/lines.h"
#include "sim/timing/ring.h"
#include "sim/timing/shared_port.h"
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

VectorConfig plain_vector() {
  VectorConfig vector;
  vector.simple = vector.reduce = {8, 16, 32};
  vector.transcendental = {4, 4, 4};
  vector.repeat = 32;
  vector.block = 8;
  vector.row_sum = {3, 3, 3};
  vector.row_extreme = {7, 7, 7};
  vector.bank.groups = 8;
  vector.bank.word = 8;
  vector.bank.bank_span = 1024;
  return vector;
}

TEST_CASE("vector cycles follow the table: class, element size, whole steps where rows have gaps") {
  const VectorConfig vector = plain_vector();
  const auto work = [&](const Command& command) { return vector_cost(vector, command).work; };
  Vadd<Value> add{.type = Type::kF32, .rows = 4, .cols = 12};
  add.a_pitch = add.b_pitch = add.d_pitch = 48;  // 48 elements in steps of 8
  CHECK(work(add) == 6);
  add.d_pitch = 64;  // each row takes a step and a half: two
  CHECK(work(add) == 8);
  add.cols = 2;  // rows of one block: a step gathers four
  CHECK(work(add) == 1);
  add.b_is = Source::kRow;
  CHECK(work(add) == 4);
  CHECK(work(Vexp<Value>{.type = Type::kF32, .rows = 1, .cols = 64}) == 16);
  add.cols = 0;
  CHECK(work(add) == 0);
}

TEST_CASE("a compare whose mask ends within a word of UB costs a merge, once for all its rows") {
  VectorConfig vector = plain_vector();
  vector.partial_mask = 6;
  const auto work = [&](uint64_t rows, uint64_t cols) {
    Vcmp<Value> compare{.type = Type::kF32, .rows = rows, .cols = cols};
    compare.a_pitch = compare.b_pitch = 4 * cols;
    return vector_cost(vector, compare).work;
  };
  CHECK(work(1, 256) == 32);
  CHECK(work(1, 248) == 31 + 6);
  CHECK(work(4, 64) == 32);  // the rows of the mask share a word
  CHECK(work(3, 64) == 24 + 6);
}

TEST_CASE("a row reduction folds the row to one step and closes it, short rows go many at a time") {
  const VectorConfig vector = plain_vector();
  const auto work = [&](const Command& command) { return vector_cost(vector, command).work; };
  VrowSum<Value> sum{.type = Type::kF32, .rows = 2, .cols = 24, .a_pitch = 96};
  CHECK(work(sum) == 2 * (3 + 3));
  CHECK(work(VrowMax<Value>{.type = Type::kF32, .rows = 2, .cols = 24, .a_pitch = 96}) ==
        2 * (3 + 7));
  sum.rows = 8;
  sum.cols = 2;
  CHECK(work(sum) == 2);
  CHECK(work(VcolSum<Value>{.type = Type::kF32, .rows = 2, .cols = 24, .a_pitch = 96}) == 6);
}

TEST_CASE("operands that meet in a group of banks take turns, in another group they do not") {
  VectorConfig vector = plain_vector();
  vector.bank.group_reads = 1;
  vector.bank.group_accesses = 2;
  vector.bank.bank_accesses = 1;
  const auto bank = [&](uint64_t a, uint64_t b, uint64_t d) {
    Vadd<Value> add{.type = Type::kF32, .d = d, .a = a, .b = b, .rows = 1, .cols = 64};
    return vector_cost(vector, add).bank;
  };
  CHECK(bank(0, 32, 1024) == 0);  // sources in different halves, the result in another bank
  CHECK(bank(0, 64, 1024) == 8);  // two reads of each group
  CHECK(bank(0, 32, 512) == 8);   // a step's result is written to a bank that the next one reads
  CHECK(bank(0, 64, 128) == 8);   // written to the half that is not read
  CHECK(bank(0, 64, 96) == 16);   // all three in one bank
  CHECK(vector_cost(vector, Vabs<Value>{.type = Type::kF32, .rows = 1, .cols = 64}).bank == 0);
  vector.bank.group_reads = vector.bank.bank_accesses = 2;
  CHECK(bank(0, 64, 128) == 0);  // a machine with two reads a group
  CHECK(bank(0, 64, 96) == 8);
  Vcopy<Value> copy{.type = Type::kF32, .d = 1024, .a = 0, .rows = 4, .cols = 2};
  copy.d_pitch = 8;
  copy.a_pitch = 64;                           // all rows of the step in one group
  CHECK(vector_cost(vector, copy).bank == 2);  // four reads and a write of one group
  vector.bank.group_reads = vector.bank.bank_accesses = 1;
  CHECK(vector_cost(vector, copy).bank == 3);
}

TEST_CASE("a port that others take now and then delays its user by what falls into its time") {
  SharedPort port(64);
  port.take_until(60, 0);
  const auto finish = [&](uint64_t from, uint64_t length) {
    return cycle_after(port.finish(ticks_of(from), ticks_of(length)));
  };
  port.take_from(ticks_of(50), 640);
  port.take_until(ticks_of(15), 320);
  CHECK(finish(0, 20) == 25);  // the first meets it, the second comes later
  CHECK(finish(40, 20) == 70);
  CHECK(finish(55, 20) == 80);  // half of it was over
  CHECK(finish(60, 20) == 80);
  SharedPort alone(0);
  alone.take_from(0, 1000);
  CHECK(alone.finish(0, 5) == 5);
}

TEST_CASE("an instruction cache holds the last line of each of its places") {
  SequencerConfig config;
  config.instruction_cache = 256;
  config.instruction_line = 128;
  InstructionCache cache(config);
  CHECK(cache.line() == 8);
  CHECK(!cache.holds(0));
  cache.fill(3);
  CHECK(cache.holds(0));
  CHECK(cache.holds(7));
  CHECK(!cache.holds(8));
  cache.fill(16);  // the same place
  CHECK(!cache.holds(0));
  config.instruction_cache = 0;
  CHECK(InstructionCache(config).holds(12345));
}

TEST_CASE("rows cost by their pieces, which are aligned to their size") {
  const auto cost = [](uint64_t base, uint64_t rows, uint64_t bytes, int64_t pitch, bool each) {
    Footprint footprint;
    footprint.add(
        {.mem = Mem::kGm, .base = base, .rows = rows, .row_bytes = bytes, .pitch = pitch});
    GmLines lines(footprint, false, 9, {.row = 1.5, .request = 1, .every_row = each});
    std::array<LineRequest, 16> out{};
    while (lines.next(out) > 0) {
    }
    return lines.cost();
  };
  CHECK(cost(0, 1, 1024, 0, false) == 2);  // two lines
  CHECK(cost(0, 1, 928, 0, false) == 4);   // 512 + 256 + 128 + 32 = 928
  CHECK(cost(32, 1, 512, 0, false) == 5);  // 32 + 64 + 128 + 256 | 32
  CHECK(cost(33, 1, 512, 0, false) == 5);  // 32 + 64 + 128 + 256 | 64
  CHECK(cost(0, 4, 128, 512, false) == 4 * 1.5);
  CHECK(cost(0, 4, 512, 512, false) == 4);  // one run of bytes
  CHECK(cost(0, 4, 512, 512, true) == 4 * 1.5);
}

TEST_CASE("rows that become fractals cost their bytes where that is more than their pieces") {
  const auto cost = [](uint64_t bytes) {
    Footprint footprint;
    footprint.add({.mem = Mem::kGm, .base = 0, .rows = 4, .row_bytes = bytes, .pitch = 4096});
    GmLines lines(footprint, false, 9,
                  {.row = 3, .request = 3, .byte = 1.0 / 64, .every_row = true});
    std::array<LineRequest, 16> out{};
    while (lines.next(out) > 0) {
    }
    return lines.cost();
  };
  CHECK(cost(128) == 4 * 3);
  CHECK(cost(512) == 4 * 8);
  CHECK(cost(1024) == 4 * 16);
}

TEST_CASE("a checked command is known by its place and by every register that it reads") {
  Checked checked;
  Checked::Sources sources;
  sources.index = {3, 7};
  sources.count = 2;
  Registers registers{};
  registers[3] = 10;
  registers[7] = 20;
  CHECK(!checked.has(5, sources, registers));
  checked.add(5, sources, registers);
  CHECK(checked.has(5, sources, registers));
  CHECK(!checked.has(6, sources, registers));
  registers[9] = 1;  // not read
  CHECK(checked.has(5, sources, registers));
  for (const size_t reg : {3, 7}) {
    Registers other = registers;
    other[reg] += 1;
    CHECK(!checked.has(5, sources, other));
  }
  Registers swapped = registers;
  std::swap(swapped[3], swapped[7]);
  CHECK(!checked.has(5, sources, swapped));
  checked.clear();
  CHECK(!checked.has(5, sources, registers));
}

TEST_CASE("what a ring's spare slot holds is taken in by the next push") {
  Ring<int> ring;
  for (int i = 0; i < 20; ++i) {
    ring.spare() = i;
    CHECK(ring.size() == static_cast<size_t>(i % 7));
    CHECK(ring.push() == i);
    if (i % 7 == 6) {
      for (int j = 0; j < 7; ++j) ring.pop();
    }
  }
}

}  // namespace
}  // namespace npu
