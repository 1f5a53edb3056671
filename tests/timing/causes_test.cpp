// Every cycle of every unit has exactly one cause, whatever the program does.
#include <catch2/catch.hpp>
#include <random>

#include "tests/timing/lab.h"

namespace npu {
namespace {

// A program of random commands in random loops. Units run into each other's data as it comes: only
// time is looked at. Flags are set and taken in pairs so that it ends.
class RandomProgram {
 public:
  explicit RandomProgram(uint32_t seed) : random_(seed) {}

  std::string text() {
    return ".cube\n.flag a = 0\n.flag b = 1 initial=1\n" + start() + body(true) + "halt\n" +
           ".vector\n.flag a = 0\n.flag b = 1 initial=1\n" + start() + body(false) + "halt\n";
  }

 private:
  int below(int end) { return static_cast<int>(random_() % static_cast<uint32_t>(end)); }

  // r3, r4: extents; r5, r8: pitches; r2 in GM and r6, r7, r11, r12: addresses; r20 counts.
  std::string start() {
    return "ld.u64.gm r2, [r1+@p0]\nli r3, 16\nli r4, " + std::to_string(16 << below(2)) +
           "\nli r5, 64\nli r6, 0\nli r7, " + std::to_string(2048 + 256 * below(2)) +
           "\nli r8, 1024\nli r11, 4608\nli r12, 2048\nli r9, 1\nbarrier\n";
  }

  std::string body(bool cube) {
    std::string text;
    for (int loop = 0, loops = 1 + below(3); loop < loops; ++loop) {
      const std::string name = (cube ? "c" : "v") + std::to_string(loop);
      text += "li r20, " + std::to_string(1 + below(6)) + "\n" + name + ":\n";
      for (int i = 0, count = 1 + below(8); i < count; ++i) {
        text += cube ? cube_command() : vector_command();
      }
      text += "sub r20, r20, 1\nb.ne r20, r0, " + name + "\n";
      if (below(4) == 0) text += "await.seq\n";
    }
    return text;
  }

  std::string sync() {
    static const std::array<const char*, 4> kSync = {"", "", " wait b set b", " set a"};
    const int at = below(4);
    return std::string(kSync[static_cast<size_t>(at)]) +
           (at == 3 ? "\nli r10, 0\nwait.seq r10, r9\n" : "\n");
  }

  std::string cube_command() {
    static const std::array<const char*, 6> kCommands = {
        "load.l1.f32.fractal dst=r6, src=r2, rows=r4, cols=r3, dst_pitch=r8, src_pitch=r5",
        "load.l1.f32 dst=r7, src=r2, rows=r4, cols=r3, dst_pitch=r5, src_pitch=r5",
        "feed.l0a.f16 dst=r6, src=r6, rows=r4, cols=r3",
        "feed.l0b.f16 dst=r6, src=r12, rows=r3, cols=r3",
        "mma.f16 c=r6, a=r6, b=r6, m=r4, n=r3, k=r3",
        "drain.gm.f32.f32 dst=r2, src=r6, rows=r3, cols=r3, dst_pitch=r5"};
    return kCommands[static_cast<size_t>(below(6))] + sync();
  }

  std::string vector_command() {
    static const std::array<const char*, 5> kCommands = {
        "load.ub.f32 dst=r6, src=r2, rows=r4, cols=r3, dst_pitch=r5, src_pitch=r5",
        "vadd.f32 d=r11, a=r6, b=r7, rows=r4, cols=r3, d_pitch=r5, a_pitch=r5, b_pitch=r5",
        "vexp.f32 d=r11, a=r11, rows=r4, cols=r3, d_pitch=r5, a_pitch=r5",
        "vrow_sum.f32 d=r7, a=r6, rows=r4, cols=r3, d_pitch=r5, a_pitch=r5",
        "store.gm.f32 dst=r2, src=r11, rows=r3, cols=r3, dst_pitch=r5, src_pitch=r5"};
    return kCommands[static_cast<size_t>(below(5))] + sync();
  }

  std::mt19937 random_;
};

TEST_CASE("the causes of every unit sum to the run on random programs") {
  std::array<uint64_t, kCauses> seen{};
  for (const char* name : {"tiny", "base", "ascend-910b1", "ascend-950pr"}) {
    MachineConfig machine = load_machine(name);
    machine.groups = 2;
    machine.queue = {2, 2, 2, 2, 2, 2};
    SimulatorOptions options;
    options.mode = Mode::kTimingOnly;
    Lab lab(machine, options);
    const uint64_t x = lab.simulator->gm().allocate(1 << 20, Storage::kData, "x");
    for (uint32_t seed = 0; seed < 40; ++seed) {
      const std::string text = RandomProgram(seed).text();
      INFO(name << ", seed " << seed << "\n" << text);
      const RunResult result = lab.run(text, {x});
      INFO((result.fault ? result.fault->text() : ""));
      REQUIRE(!result.fault);
      for (const CoreRecord& core : result.record.cores) {
        for (int unit = 0; unit < kUnits; ++unit) {
          uint64_t sum = 0;
          const UnitRecord& record = core.units[static_cast<size_t>(unit)];
          for (size_t i = 0; i < kCauses; ++i) {
            sum += record.cycles[i];
            seen[i] += record.cycles[i];
          }
          INFO("core " << core.core << " unit " << unit);
          const bool lacks = sum == 0;  // cube cores have no vector unit and so on
          CHECK((lacks || sum == result.cycles));
          CHECK((!lacks || (unit != 0 && unit != static_cast<int>(Unit::kLoad))));
        }
      }
    }
  }
  // The programs meet every cause but the handover, which they do not ask for.
  for (int cause = 0; cause < kCauses; ++cause) {
    INFO(cause_name(static_cast<Cause>(cause)));
    CHECK((seen[static_cast<size_t>(cause)] > 0) ==
          (static_cast<Cause>(cause) != Cause::kHandover));
  }
}

}  // namespace
}  // namespace npu
