// Cube and drain on one tile of L0C: sub-tile by sub-tile, in both directions.
#include <catch2/catch.hpp>

#include "tests/timing/lab.h"

namespace npu {
namespace {

MachineConfig one_core() {
  MachineConfig m = load_machine("tiny");
  m.groups = 1;
  m.vectors = 1;
  return m;
}

// 16 x 16 results of depth 64 in L0C at 0; drained to L1 at 0.
const std::string kSetup =
    ".cube\n.flag full = 0\n.flag empty = 1 initial=1\n.flag end = 2\n"
    "li r2, 16\nli r3, 64\nli r4, 64\nli r9, 1\n";
const std::string kMma = "mma.f16.handover c=r0, a=r0, b=r0, m=r2, n=r2, k=r3 ";
const std::string kDrain =
    "drain.l1.f32.f32.handover dst=r0, src=r0, rows=r2, cols=r2, dst_pitch=r4 ";
constexpr uint64_t kTile = 64 / 4;               // cycles of a native tile of C over all of K
constexpr uint64_t kTiles = 16;                  // of C
constexpr uint64_t kDrainTile = 4 * 4 * 4 / 16;  // cycles of a native tile through drain

TEST_CASE("a drain with handover starts at the first sub-tile and ends one after the mma") {
  Lab lab(one_core());
  REQUIRE(!lab.run(kSetup + kMma + "wait empty set full\n" + kDrain + "wait full set empty\nhalt\n")
               .fault);
  const auto mma = lab.recorder.at(Unit::kCube, 0), drain = lab.recorder.at(Unit::kDrain, 0);
  CHECK(drain.start == mma.start + 4 + kTile);
  CHECK(mma.retire == mma.start + 4 + kTile * kTiles);
  CHECK(drain.retire == mma.retire + kDrainTile);
  CHECK(lab.recorder.early_sets == 2);
}

TEST_CASE("without handover the drain waits for the whole mma") {
  Lab lab(one_core());
  const std::string mma = "mma.f16 c=r0, a=r0, b=r0, m=r2, n=r2, k=r3 wait empty set full\n";
  REQUIRE(!lab.run(kSetup + mma + kDrain + "wait full set empty\nhalt\n").fault);
  const auto first = lab.recorder.at(Unit::kCube, 0);
  CHECK(lab.recorder.at(Unit::kDrain, 0).start == first.retire);
}

TEST_CASE("an overwriting mma follows the drain of the old tile and ends one sub-tile after it") {
  MachineConfig m = one_core();
  m.drain.l1_bytes_per_cycle = 1;  // a slow drain: 1024 cycles a tile
  Lab lab(m);
  const std::string pair = kMma + "wait empty set full\n" + kDrain + "wait full set empty\n";
  REQUIRE(!lab.run(kSetup + pair + pair + "halt\n").fault);
  const auto drain = lab.recorder.at(Unit::kDrain, 0), second = lab.recorder.at(Unit::kCube, 1);
  CHECK(second.start < drain.retire);
  CHECK(second.retire >= drain.retire + kTile);
  CHECK(second.retire <= drain.retire + kTile + 5);
}

TEST_CASE("only the first set of a handover is early, the second comes with the whole effect") {
  Lab lab(one_core());
  REQUIRE(!lab.run(kSetup + kMma + "wait empty set full, end\n" + kDrain +
                   "wait full set empty\nli r20, 2\nwait.seq r20, r9\nhalt\n")
               .fault);
  const auto mma = lab.recorder.at(Unit::kCube, 0);
  CHECK(lab.recorder.sets[0].front() == mma.start + 4 + kTile);
  CHECK(lab.recorder.sets[2].front() == mma.retire);
}

TEST_CASE("the drained numbers are those of the finished tile") {
  SimulatorOptions options;
  options.check = true;
  Lab lab(one_core(), options);
  const uint64_t ones = lab.tensor(std::vector<uint16_t>(16 * 64, 0x3c00), Storage::kData, "ones");
  const uint64_t out = lab.tensor(std::vector<float>(256, -1.0F), Storage::kData, "out");
  const std::string text =
      ".cube\n.flag full = 0\n.flag in = 1\n.flag fed = 2\n"
      "ld.u64.gm r5, [r1+@p0]\nld.u64.gm r6, [r1+@p1]\n"
      "li r2, 16\nli r3, 64\nli r4, 128\nli r7, 64\n"
      "load.l1.f16.fractal dst=r0, src=r5, rows=r2, cols=r3, dst_pitch=r4, src_pitch=r4 set in+2\n"
      "feed.l0a.f16 dst=r0, src=r0, rows=r2, cols=r3 wait in set fed\n"
      "feed.l0b.f16 dst=r0, src=r0, rows=r2, cols=r3 wait in set fed\n"
      "mma.f16.handover c=r0, a=r0, b=r0, m=r2, n=r2, k=r3 wait fed+2 set full\n"
      "drain.gm.f32.f32.handover dst=r6, src=r0, rows=r2, cols=r2, dst_pitch=r7 wait full\n"
      "halt\n";
  const RunResult result = lab.run(text, {ones, out});
  INFO((result.fault ? result.fault->text() : ""));
  REQUIRE(!result.fault);
  CHECK(lab.read<float>(out, 256) == std::vector<float>(256, 64.0F));
  CHECK(lab.recorder.at(Unit::kDrain, 0).start < lab.recorder.at(Unit::kCube, 0).retire);
}

}  // namespace
}  // namespace npu
