// The presets against published single figures of the parts of a core: what their parameters were
// fitted to, measured as a program meets it.
//
// Sources: KPP, msKPP's tables (Mulan PSL v2), cycles at the clock of the machine; ASC, Ascend C
// samples.
#include <catch2/catch.hpp>

#include "tests/timing/lab.h"

namespace npu {
namespace {

MachineConfig one_group(const char* name) {
  MachineConfig machine = load_machine(name);
  machine.groups = 1;
  return machine;
}

// `command` twice with an await between: the second time alone on its core, with a warm L2.
uint64_t alone(const MachineConfig& machine, Unit unit, const std::string& setup,
               const std::string& command) {
  SimulatorOptions options;
  options.mode = Mode::kTimingOnly;
  Lab lab(machine, options);
  const uint64_t x = lab.simulator->gm().allocate(1 << 20, Storage::kData, "x");
  const bool cube = unit == Unit::kFeed || unit == Unit::kCube || unit == Unit::kDrain ||
                    command.find(".l1") != std::string::npos;
  const std::string text = std::string(cube ? ".cube\n" : ".vector\n") +
                           "ld.u64.gm r2, [r1+@p0]\n" + setup + command + "\nawait.seq\n" +
                           command + "\nhalt\n";
  const RunResult result = lab.run(text, {x});
  INFO((result.fault ? result.fault->text() : ""));
  REQUIRE(!result.fault);
  const Recorder::Times times = lab.recorder.at(unit, 1, cube ? 0 : 1);
  return times.retire - times.start;
}

// How long after `first` the unit begins `second`.
uint64_t between(const MachineConfig& machine, Unit unit, const std::string& setup,
                 const std::string& first, const std::string& second) {
  SimulatorOptions options;
  options.mode = Mode::kTimingOnly;
  Lab lab(machine, options);
  const std::string kind = unit == Unit::kCube ? ".cube\n" : ".vector\n";
  const RunResult result = lab.run(kind + setup + first + "\n" + second + "\nhalt\n");
  INFO((result.fault ? result.fault->text() : ""));
  REQUIRE(!result.fault);
  return lab.recorder.at(unit, 1).start - lab.recorder.at(unit, 0).start;
}

std::string li(const std::string& reg, uint64_t value) {
  return "li " + reg + ", " + std::to_string(value) + "\n";
}

struct Transfer {
  const char* machine;
  const char* path;
  uint64_t kilobytes;
  double cycles;  // published
};

uint64_t simulated(const Transfer& row) {
  const MachineConfig machine = one_group(row.machine);
  const std::string path = row.path;
  const uint64_t bytes = row.kilobytes * 1024;
  const std::string one_row = "li r3, 1\n" + li("r4", bytes / 2) + li("r5", bytes);
  const std::string tiles =
      "li r3, 16\n" + li("r4", bytes / 32) + li("r6", bytes / 64) + li("r5", bytes / 16);
  if (path == "GM to L1") {
    return alone(machine, Unit::kLoad, one_row,
                 "load.l1.f16 dst=r0, src=r2, rows=r3, cols=r4, dst_pitch=r5, src_pitch=r5");
  }
  if (path == "GM to UB") {
    return alone(machine, Unit::kLoad, one_row,
                 "load.ub.f16 dst=r0, src=r2, rows=r3, cols=r4, dst_pitch=r5, src_pitch=r5");
  }
  if (path == "UB to GM") {
    return alone(machine, Unit::kStore, one_row,
                 "store.gm.f16 dst=r2, src=r0, rows=r3, cols=r4, dst_pitch=r5, src_pitch=r5");
  }
  if (path == "L0C to GM") {
    return alone(machine, Unit::kDrain, tiles,
                 "drain.gm.f32.f32 dst=r2, src=r0, rows=r3, cols=r6, dst_pitch=r5");
  }
  const std::string to = path == "L1 to L0A" ? "l0a" : "l0b";
  return alone(machine, Unit::kFeed, tiles, "feed." + to + ".f16 dst=r0, src=r0, rows=r3, cols=r4");
}

TEST_CASE("one transfer alone takes what msKPP measured, within 15 percent") {
  static const std::vector<Transfer> kRows = {
      {"ascend-910b3", "GM to L1", 1, 177},     {"ascend-910b3", "GM to L1", 16, 302},
      {"ascend-910b3", "GM to L1", 64, 638},    {"ascend-910b3", "GM to L1", 128, 968},
      {"ascend-910b3", "GM to L1", 256, 1722},  {"ascend-910b3", "GM to L1", 512, 3437},
      {"ascend-910b3", "GM to UB", 1, 222},     {"ascend-910b3", "GM to UB", 16, 307},
      {"ascend-910b3", "GM to UB", 64, 765},    {"ascend-910b3", "GM to UB", 128, 1258},
      {"ascend-910b3", "GM to UB", 192, 1808},  {"ascend-910b1", "GM to UB", 1, 242},
      {"ascend-910b1", "GM to UB", 16, 415},    {"ascend-910b1", "UB to GM", 1, 155},
      {"ascend-910b1", "UB to GM", 4, 186},     {"ascend-910b1", "UB to GM", 16, 325},
      {"ascend-910b1", "UB to GM", 32, 521},    {"ascend-910b1", "UB to GM", 64, 1020},
      {"ascend-910b1", "L0C to GM", 8, 88},     {"ascend-910b1", "L0C to GM", 16, 139},
      {"ascend-910b1", "L0C to GM", 128, 1147}, {"ascend-910b1", "L1 to L0A", 4, 18},
      {"ascend-910b1", "L1 to L0A", 16, 66},    {"ascend-910b1", "L1 to L0A", 64, 258},
      {"ascend-910b1", "L1 to L0B", 1, 10},     {"ascend-910b1", "L1 to L0B", 16, 130},
      {"ascend-910b1", "L1 to L0B", 64, 514},
  };
  double sum = 0;
  for (const Transfer& row : kRows) {
    const auto cycles = static_cast<double>(simulated(row));
    INFO(row.machine << ", " << row.path << ", " << row.kilobytes << " KB: " << cycles
                     << " against " << row.cycles);
    CHECK(cycles == Approx(row.cycles).epsilon(0.15));
    sum += std::abs(cycles / row.cycles - 1);
  }
  CHECK(sum / static_cast<double>(kRows.size()) < 0.06);
}

TEST_CASE("an mma takes 23 cycles and its native tiles alone, 2 and its tiles in a row") {
  const MachineConfig machine = one_group("ascend-910b1");
  for (const uint64_t k : {16, 64, 256, 1024}) {
    const std::string setup = "li r3, 32\nli r4, 16\n" + li("r5", k);
    const std::string mma = "mma.f16 c=r0, a=r0, b=r0, m=r3, n=r4, k=r5";
    CHECK(alone(machine, Unit::kCube, setup, mma) == 23 + 2 * k / 16);
    CHECK(between(machine, Unit::kCube, setup, mma, mma) == 2 + 2 * k / 16);
  }
}

// Repeats of 256 bytes of one row, in cycles from one instruction to the next.
uint64_t vector_interval(const std::string& name, const std::string& type, uint64_t repeats) {
  const uint64_t cols = repeats * 256 / (type == "f32" ? 4 : 2);
  const std::string setup =
      "li r3, 1\n" + li("r4", cols) + "li r5, 8192\nli r6, 65536\nli r7, 81920\nli r8, 16384\n";
  const bool binary = name == "vadd" || name == "vdiv" || name == "vfma";
  const std::string sources = std::string(", a=r0") + (binary ? ", b=r5" : "") +
                              (name == "vfma" ? ", c=r8" : "") + ", rows=r3, cols=r4, d_pitch=r0";
  return between(one_group("ascend-910b1"), Unit::kVector, setup,
                 name + "." + type + " d=r6" + sources, name + "." + type + " d=r7" + sources);
}

TEST_CASE("vector instructions follow each other as msKPP measured") {
  struct Row {
    const char* name;
    const char* type;
    uint64_t repeats, cycles;
  };
  // Sources of two operands meet in their groups, as in the tables.
  static const std::vector<Row> kRows = {
      {"vabs", "f16", 16, 16},   {"vabs", "f32", 1, 3},   {"vcopy", "f32", 9, 9},
      {"vadd", "f32", 1, 3},     {"vadd", "f32", 2, 4},   {"vadd", "f32", 16, 32},
      {"vexp", "f32", 16, 32},   {"vexp", "f16", 16, 64}, {"vsqrt", "f32", 12, 24},
      {"vdiv", "f32", 16, 64},   {"vfma", "f32", 8, 48},  {"vfma", "f16", 8, 48},
      {"vrsqrt", "f16", 16, 16},
  };
  for (const Row& row : kRows) {
    INFO(row.name << "." << row.type << " of " << row.repeats << " repeats");
    CHECK(vector_interval(row.name, row.type, row.repeats) == row.cycles);
  }
}

TEST_CASE("an add of 4096 fp32 pays for its bank conflicts as the samples measured") {
  const auto add = [](uint64_t b, uint64_t d) {
    const std::string setup = "li r3, 1\nli r4, 4096\n" + li("r5", b) + li("r6", d);
    return static_cast<double>(alone(one_group("ascend-910b1"), Unit::kVector, setup,
                                     "vadd.f32 d=r6, a=r0, b=r5, rows=r3, cols=r4, d_pitch=r0"));
  };
  CHECK(add(16384 + 256, 65536) == Approx(88.4).epsilon(0.02));
  CHECK(add(16384, 65536) == Approx(154.2).epsilon(0.1));
  CHECK(add(16384 + 256, 32768 + 256) == Approx(138.8).epsilon(0.1));
}

}  // namespace
}  // namespace npu
