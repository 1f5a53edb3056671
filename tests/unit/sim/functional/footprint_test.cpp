#include <algorithm>
#include <set>

#include "tests/unit/sim/functional/samples.h"

using namespace npu;
using namespace npu::test;

namespace {

// All bytes that a command could touch, one after another, and which of them it says it does.
struct Bytes {
  std::vector<std::byte> values;
  std::vector<bool> read, written;
};

struct Memory {
  Mem mem;
  int core;
};
const std::vector<Memory> kMemories = {{Mem::kL1, 0},  {Mem::kL0A, 0},  {Mem::kL0B, 0},
                                       {Mem::kL0C, 0}, {Mem::kBias, 0}, {Mem::kTable, 0},
                                       {Mem::kUb, 1},  {Mem::kUb, 2},   {Mem::kGm, 0}};

std::pair<std::byte*, size_t> span_of(SampleRig& rig, const Memory& memory) {
  if (memory.mem == Mem::kGm) return {rig.gm.row_for_write(rig.gm_tensor, 1), 1 << 16};
  LocalMemory& local = memory_of(rig.group, memory.mem, memory.core);
  return {local.data(), local.size()};
}

Bytes bytes_of_rig(SampleRig& rig, const Memory& memory) {
  const auto [at, size] = span_of(rig, memory);
  return {{at, at + size}, std::vector<bool>(size), std::vector<bool>(size)};
}

void mark(SampleRig& rig, const Place& place, const Command& command, const Memory& memory,
          Bytes& bytes) {
  visit_footprint(place, command, [&](const Region& region) {
    const bool gm = region.mem == Mem::kGm;
    if (region.mem != memory.mem || (!gm && region.core != memory.core)) return;
    const uint64_t origin = gm ? rig.gm_tensor : 0;
    if (gm && (region.base < origin || region.base >= origin + (1 << 16))) return;  // the list
    for (uint64_t row = 0; row < region.rows; ++row) {
      const uint64_t from = region.base - origin + row * static_cast<uint64_t>(region.pitch);
      for (uint64_t i = from; i < from + region.row_bytes; ++i) {
        (region.write ? bytes.written : bytes.read).at(i) = true;
      }
    }
  });
}

}  // namespace

TEST_CASE("a command changes no byte outside the writes of its footprint") {
  for (const Sample& sample : SampleRig().samples()) {
    SampleRig rig;
    INFO("alternative " << sample.command.index());
    const Place place{rig.gm, rig.group, rig.limits, sample.core};
    std::vector<Bytes> before;
    for (const Memory& memory : kMemories) {
      before.push_back(bytes_of_rig(rig, memory));
      mark(rig, place, sample.command, memory, before.back());
    }
    rig.run(place, sample.command);
    for (size_t m = 0; m < kMemories.size(); ++m) {
      const auto [at, size] = span_of(rig, kMemories[m]);
      for (size_t i = 0; i < size; ++i) {
        if (!before[m].written[i] && at[i] != before[m].values[i]) {
          FAIL(mem_name(kMemories[m].mem) << " byte " << i << " changed");
        }
      }
    }
  }
}

TEST_CASE("what a command writes does not depend on bytes outside the reads of its footprint") {
  for (const Sample& sample : SampleRig().samples()) {
    INFO("alternative " << sample.command.index());
    SampleRig one, two;
    const Place place_one{one.gm, one.group, one.limits, sample.core};
    const Place place_two{two.gm, two.group, two.limits, sample.core};
    std::vector<Bytes> touched;
    for (const Memory& memory : kMemories) {
      touched.push_back(bytes_of_rig(two, memory));
      mark(two, place_two, sample.command, memory, touched.back());
      const auto [at, size] = span_of(two, memory);
      for (size_t i = 0; i < size; ++i) {
        if (!touched.back().read[i]) at[i] ^= std::byte{0x5a};
      }
    }
    one.run(place_one, sample.command);
    two.run(place_two, sample.command);
    for (size_t m = 0; m < kMemories.size(); ++m) {
      const auto [at_one, size] = span_of(one, kMemories[m]);
      const auto [at_two, size_two] = span_of(two, kMemories[m]);
      REQUIRE(size == size_two);
      for (size_t i = 0; i < size; ++i) {
        if (touched[m].written[i] && at_one[i] != at_two[i]) {
          FAIL(mem_name(kMemories[m].mem) << " byte " << i << " depends on more than was read");
        }
      }
    }
  }
}

TEST_CASE("the samples are of every command") {
  std::set<size_t> seen;
  for (const Sample& sample : SampleRig().samples()) seen.insert(sample.command.index());
  std::vector<size_t> missing;
  const auto look = [&]<size_t... I>(std::index_sequence<I...>) {
    (
        [&] {
          using C = std::variant_alternative_t<I, Command>;
          const bool flag = std::is_same_v<C, Set<Value>> || std::is_same_v<C, Wait<Value>>;
          if (!flag && seen.count(I) == 0) missing.push_back(I);
        }(),
        ...);
  };
  look(std::make_index_sequence<std::variant_size_v<Command>>{});
  CHECK(missing.empty());
}

TEST_CASE("a row load from GM is one region of rows with their pitch") {
  SampleRig rig;
  Load<Value> c;
  c.to = Mem::kUb;
  c.type = Type::kF32;
  c.src = rig.gm_tensor;
  c.rows = 8;
  c.cols = 10;
  c.dst_pitch = 64;
  c.src_pitch = 256;
  const Footprint all = footprint(rig.vector(), c);
  REQUIRE(all.size() == 2);
  CHECK(all[0] == Region{Mem::kGm, 1, rig.gm_tensor, 8, 40, 256, false});
  CHECK(all[1] == Region{Mem::kUb, 1, 0, 8, 40, 64, true});
  CHECK(all[0].bytes() == 320);
}

TEST_CASE("a fractal operand is one region of tile columns, and one more for a partial column") {
  SampleRig rig;
  Mma<Value> c;
  c.type = Type::kF16;
  c.m = 32;
  c.n = 16;
  c.k = 40;
  const Footprint all = footprint(rig.cube(), c);
  REQUIRE(all.size() == 5);
  CHECK(all[0] == Region{Mem::kL0A, 0, 0, 2, 1024, 1024, false});
  CHECK(all[1] == Region{Mem::kL0A, 0, 2048, 32, 16, 32, false});
  CHECK(all[2] == Region{Mem::kL0B, 0, 0, 2, 512, 512, false});
  CHECK(all[3] == Region{Mem::kL0B, 0, 1024, 16, 16, 32, false});
  CHECK(all[4] == Region{Mem::kL0C, 0, 0, 1, 2048, 2048, true});
}

TEST_CASE("commands with an extent of 0 touch nothing") {
  SampleRig rig;
  Load<Value> c;
  c.cols = 4;
  CHECK(footprint(rig.cube(), c).empty());
  CHECK(footprint(rig.cube(), Mma<Value>{}).empty());
  CHECK(footprint(rig.cube(), Set<Value>{}).empty());
}

TEST_CASE("lists longer than the inline part of a footprint are whole") {
  SampleRig rig;
  LoadRows<Value> c;
  c.type = Type::kU8;
  c.src = rig.gm_tensor;
  c.list = rig.gm_list;
  c.rows = 19;
  c.cols = 8;
  c.dst_pitch = 32;
  c.src_pitch = 8;
  const Footprint all = footprint(rig.cube(), c);
  CHECK(all.size() == 1 + 18 + 1);  // the list, the rows but for the negative one, the target
  CHECK(std::count_if(all.begin(), all.end(), [](const Region& r) { return r.write; }) == 1);
}
