// How long commands take and when their effects come, on machines with numbers easy to add up.
#include <catch2/catch.hpp>

#include "tests/timing/lab.h"

namespace npu {
namespace {

// tiny, with heads and latencies that are not all alike.
MachineConfig plain_machine() {
  MachineConfig m = load_machine("tiny");
  m.groups = 1;
  m.vectors = 1;
  return m;
}

// Loads `rows` rows of 64 bytes (16 f32) from p0 into L1, packed.
std::string load_text(int rows) {
  return "ld.u64.gm r2, [r1+@p0]\nli r3, " + std::to_string(rows) + "\nli r4, 16\nli r5, 64\n";
}
constexpr const char* kLoad =
    "load.l1.f32 dst=r0, src=r2, rows=r3, cols=r4, dst_pitch=r5, src_pitch=r5\n";

// Operands of an f16 mma of 16 x 16 x k at address 0 of all buffers.
std::string mma_text(int k) { return "li r2, 16\nli r3, " + std::to_string(k) + "\nli r9, 1\n"; }
const std::string kMma = "mma.f16 c=r0, a=r0, b=r0, m=r2, n=r2, k=r3";

TEST_CASE("a load of a resident line takes head, latency and its bytes through the port") {
  const MachineConfig m = plain_machine();
  Lab lab(m);
  const uint64_t x = lab.tensor(std::vector<float>(256));
  const std::string text = ".cube\n" + load_text(1) + kLoad + "await.load\n" + kLoad + "halt\n";
  REQUIRE(!lab.run(text, {x}).fault);
  const auto second = lab.recorder.at(Unit::kLoad, 1);
  const uint64_t transfer = 64 / 64 + 64 / 16;  // through L2, then through the port
  CHECK(second.retire - second.start ==
        static_cast<uint64_t>(m.load.head + m.memory.l2.latency) + transfer);
}

TEST_CASE("a miss costs the latency of HBM on top") {
  const MachineConfig m = plain_machine();
  Lab lab(m);
  const uint64_t x = lab.tensor(std::vector<float>(256));
  REQUIRE(!lab.run(".cube\n" + load_text(1) + kLoad + "halt\n", {x}).fault);
  const auto first = lab.recorder.at(Unit::kLoad, 0);
  const uint64_t line = 64 / 32;  // bytes of the line at HBM's rate
  CHECK(first.retire - first.start ==
        static_cast<uint64_t>(m.load.head + m.memory.l2.latency + m.memory.hbm.latency) + line +
            64 / 16);
}

TEST_CASE("successive loads overlap their latencies") {
  Lab lab(plain_machine());
  const uint64_t x = lab.tensor(std::vector<float>(256));
  REQUIRE(!lab.run(".cube\n" + load_text(1) + kLoad + kLoad + kLoad + "halt\n", {x}).fault);
  const auto first = lab.recorder.at(Unit::kLoad, 0), third = lab.recorder.at(Unit::kLoad, 2);
  CHECK(third.start < first.retire);
  CHECK(third.retire >= first.retire);
}

TEST_CASE("an mma takes its native tiles and the start-up, the next one only the tiles") {
  MachineConfig m = plain_machine();
  m.cube.startup = 7;
  m.cube.gap = 3;
  Lab lab(m);
  REQUIRE(!lab.run(".cube\n" + mma_text(16) + kMma + "\n" + kMma + "\nhalt\n").fault);
  const uint64_t tiles = 4 * 4 * 4;
  const auto first = lab.recorder.at(Unit::kCube, 0), second = lab.recorder.at(Unit::kCube, 1);
  CHECK(first.retire - first.start == tiles + 7);
  CHECK(second.start - first.start == tiles + 3);
  CHECK(second.retire - second.start == tiles + 7);
}

TEST_CASE("an f32 mma takes four times as long as f16: half the depth, twice the cycles") {
  Lab lab(plain_machine());
  REQUIRE(!lab.run(".cube\n" + mma_text(16) + "mma.f32 c=r0, a=r0, b=r0, m=r2, n=r2, k=r3\nhalt\n")
               .fault);
  const auto only = lab.recorder.at(Unit::kCube, 0);
  CHECK(only.retire - only.start == 4 * 4 * 4 * 4 + 4);
}

TEST_CASE("an mma with an extent of zero waits and sets but does nothing") {
  Lab lab(plain_machine());
  const RunResult result =
      lab.run(".cube\n.flag go = 0 initial=1\n" + mma_text(0) + kMma + " wait go set go\nhalt\n");
  CHECK(!result.fault);
  CHECK(lab.recorder.sets[0].size() == 1);
  CHECK(result.record.ideal_mma_cycles == 0);
}

TEST_CASE("independent vector instructions overlap their heads, dependent ones wait") {
  MachineConfig m = plain_machine();
  m.vector.head = 20;
  m.vector.issue = 3;
  Lab lab(m);
  const std::string text =
      ".vector\nli r2, 512\nli r3, 1024\nli r4, 1\nli r5, 64\n"
      "vadd.f32 d=r2, a=r0, b=r0, rows=r4, cols=r5, d_pitch=r0\n"
      "vadd.f32 d=r3, a=r0, b=r0, rows=r4, cols=r5, d_pitch=r0\n"  // reads what nobody writes
      "vadd.f32 d=r2, a=r3, b=r0, rows=r4, cols=r5, d_pitch=r0\n"  // reads the second's result
      "halt\n";
  REQUIRE(!lab.run(text).fault);
  const auto a = lab.recorder.at(Unit::kVector, 0), b = lab.recorder.at(Unit::kVector, 1),
             c = lab.recorder.at(Unit::kVector, 2);
  const uint64_t work = 64 / 8;
  CHECK(a.retire - a.start == 20 + work);
  CHECK(b.start - a.start == work);
  CHECK(c.retire == b.retire + 20 + work);
}

TEST_CASE("a full queue stops the sequencer until its unit takes a command") {
  MachineConfig m = plain_machine();
  m.queue.cube = 2;
  Lab lab(m);
  std::string text = ".cube\n" + mma_text(16);
  for (int i = 0; i < 5; ++i) text += kMma + "\n";
  const RunResult result = lab.run(text + "halt\n");
  REQUIRE(!result.fault);
  // One at work and two in the queue: the fourth comes when the second begins.
  CHECK(lab.recorder.at(Unit::kCube, 3).issue == lab.recorder.at(Unit::kCube, 1).start);
  const auto& sequencer = result.record.cores.front().units[0];
  CHECK(sequencer.cycles[static_cast<size_t>(Cause::kQueueFull)] > 0);
}

TEST_CASE("a wait is taken at the head of the queue and holds what is behind it") {
  Lab lab(plain_machine());
  const std::string text = ".cube\n.flag go = 0\n" + mma_text(16) + kMma + " wait go\n" + kMma +
                           "\nli r20, 100\nspin: sub r20, r20, 1\nb.ne r20, r0, spin\n" +
                           "li r21, 0\nset.seq r21, r9\nhalt\n";
  REQUIRE(!lab.run(text).fault);
  const auto first = lab.recorder.at(Unit::kCube, 0), second = lab.recorder.at(Unit::kCube, 1);
  CHECK(first.start == lab.recorder.sets[0].front());
  CHECK(first.start >= 200 / 4);
  CHECK(second.start > first.start);
}

TEST_CASE("a group flag reaches the other cores after its latency, each with its own count") {
  MachineConfig m = plain_machine();
  m.vectors = 2;
  m.sync.group_flag = 9;
  Lab lab(m);
  const std::string text =
      ".cube\nli r2, 48\nli r3, 1\nset.seq r2, r3\nhalt\n"
      ".vector\n.flag go = 48\nli r2, 1\nli r3, 16\n"
      "vadd.f32 d=r0, a=r0, b=r0, rows=r2, cols=r3, d_pitch=r0 wait go\nhalt\n";
  REQUIRE(!lab.run(text).fault);
  const uint64_t set = lab.recorder.sets[48].front();
  CHECK(lab.recorder.sets[48].size() == 2);
  CHECK(lab.recorder.at(Unit::kVector, 0, 1).start == set + 9);
  CHECK(lab.recorder.at(Unit::kVector, 0, 2).start == set + 9);
}

TEST_CASE("the barrier opens for all at once, after the last has finished its work") {
  MachineConfig m = plain_machine();
  m.groups = 2;
  m.sync.barrier = 30;
  Lab lab(m);
  const std::string text =
      ".cube\ncsr.group r5\nb.eq r5, r0, meet\nli r20, 400\n"
      "spin: sub r20, r20, 1\nb.ne r20, r0, spin\n"
      "meet: barrier\ncsr.cycle r6\nprint.int \"left\", r6\nhalt\n";
  REQUIRE(!lab.run(text).fault);
  REQUIRE(lab.printed.size() == 2);
  const auto value = [](const std::string& line) { return line.substr(line.rfind(' ') + 1); };
  CHECK(value(lab.printed[0]) == value(lab.printed[1]));
  CHECK(std::stoi(value(lab.printed[0])) >= 800 / 4 + 30);
}

}  // namespace
}  // namespace npu
