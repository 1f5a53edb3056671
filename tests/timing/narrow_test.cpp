// What the narrow types, block scales, sorting and scattering cost.
#include <catch2/catch.hpp>

#include "tests/timing/lab.h"

namespace npu {
namespace {

// tiny: native tiles of 4 rows of 8 bytes, a cycle each.
MachineConfig one_group() {
  MachineConfig m = load_machine("tiny");
  m.groups = 1;
  m.vectors = 1;
  return m;
}

// Cycles from start to result of the one command of a unit.
uint64_t cycles_of(Unit unit, const std::string& text) {
  Lab lab(one_group());
  const RunResult result = lab.run(text + "halt\n");
  INFO((result.fault ? result.fault->text() : ""));
  REQUIRE(!result.fault);
  const auto only = lab.recorder.at(unit, 0);
  return only.retire - only.start;
}

uint64_t mma_cycles(const std::string& command) {
  return cycles_of(Unit::kCube, ".cube\nli r2, 16\nli r3, 32\nli r4, 1024\n" + command);
}

TEST_CASE("an mma of 4-bit elements takes half the cycles of 8-bit ones") {
  const uint64_t startup = 4;
  CHECK(mma_cycles("mma.i8 c=r0, a=r0, b=r0, m=r2, n=r2, k=r3\n") == 4 * 4 * 4 + startup);
  CHECK(mma_cycles("mma.i4 c=r0, a=r0, b=r0, m=r2, n=r2, k=r3\n") == 4 * 4 * 2 + startup);
  CHECK(mma_cycles("mma.e5m2 c=r0, a=r0, b=r0, m=r2, n=r2, k=r3\n") == 4 * 4 * 4 + startup);
}

TEST_CASE("a scaled mma goes at the pace of the wider of its types") {
  const uint64_t startup = 4;
  const std::string operands = " c=r0, a=r0, b=r0, m=r2, n=r2, k=r3, a_scale=r4, b_scale=r4\n";
  CHECK(mma_cycles("mma_scaled.e2m1.e2m1" + operands) == 4 * 4 * 2 + startup);
  CHECK(mma_cycles("mma_scaled.e4m3.e2m1" + operands) == 4 * 4 * 4 + startup);
  CHECK(mma_cycles("mma_scaled.e4m3.e4m3" + operands) == 4 * 4 * 4 + startup);
}

TEST_CASE("feed takes the bytes that it writes: widened elements twice those that it reads") {
  const std::string text = ".cube\nli r2, 4\nli r3, 32\n";
  const uint64_t head = 1, rate = 16;
  CHECK(cycles_of(Unit::kFeed, text + "feed.l0a.e2m1 dst=r0, src=r0, rows=r2, cols=r3\n") ==
        head + 4 * 16 / rate);
  CHECK(cycles_of(Unit::kFeed, text + "feed.l0a.e2m1.widen dst=r0, src=r0, rows=r2, cols=r3\n") ==
        head + 4 * 32 / rate);
  CHECK(cycles_of(Unit::kFeed, text + "feed_scale.l0a dst=r0, src=r0, rows=r2, cols=r3\n") ==
        head + 4 * 32 / rate);
}

TEST_CASE("sort and merge take a cycle a pair of the result, compress its rate of the source") {
  const std::string text =
      ".vector\nli r2, 1\nli r3, 32\nli r4, 4096\nli r5, 5\nli r6, 2048\nli r7, 8\nli r8, 3072\n";
  const uint64_t head = 4;
  const auto vector = [&](const std::string& command) {
    return cycles_of(Unit::kVector, text + command) - head;
  };
  CHECK(vector("vsort.f32 d=r4, a=r0, rows=r2, cols=r3, d_pitch=r0, a_pitch=r0\n") == 32);
  CHECK(vector("vmerge.f32 d=r4, a=r0, rows=r2, cols=r7, d_pitch=r0, a_pitch=r0\n") == 32);
  CHECK(vector("vmerge.f32 d=r4, a=r0, rows=r2, cols=r7, d_pitch=r0, a_pitch=r0, count=r5\n") == 5);
  CHECK(vector("vcompress.f32 d=r4, a=r0, b=r6, rows=r2, cols=r3, d_pitch=r0, a_pitch=r0, "
               "count=r8\n") == 32 / 4);
}

}  // namespace
}  // namespace npu
