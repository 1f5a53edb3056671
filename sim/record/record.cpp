#include "sim/record/record.h"

#include <fmt/format.h>

namespace npu {

const char* cause_name(Cause cause) {
  static constexpr std::array<const char*, kCauses> kNames = {
      "busy",      "flag",  "memory",     "result", "bank",    "port", "handover",
      "sequencer", "fetch", "queue full", "await",  "barrier", "done"};
  return kNames[static_cast<size_t>(cause)];
}

namespace {

constexpr std::array<const char*, kUnits> kUnitNames = {"sequencer", "load",   "feed", "cube",
                                                        "drain",     "vector", "store"};

// Sequencers and load units exist on both kinds of core, the others on one.
bool has(const CoreRecord& core, Unit unit) {
  const bool cube_only = unit == Unit::kFeed || unit == Unit::kCube || unit == Unit::kDrain;
  const bool vector_only = unit == Unit::kVector || unit == Unit::kStore;
  return !(cube_only && core.core != 0) && !(vector_only && core.core == 0);
}

}  // namespace

UnitRecord RunRecord::total(Unit unit) const {
  UnitRecord sum;
  for (const CoreRecord& core : cores) {
    if (!has(core, unit)) continue;
    const UnitRecord& one = core.units[static_cast<size_t>(unit)];
    for (size_t i = 0; i < kCauses; ++i) sum.cycles[i] += one.cycles[i];
    sum.instructions += one.instructions;
  }
  return sum;
}

double RunRecord::cube_share() const {
  uint64_t ideal = 0, cubes = 0;
  for (const CoreRecord& core : cores) {
    ideal += core.ideal_mma_cycles;
    cubes += core.core == 0 ? 1 : 0;
  }
  if (cycles == 0 || cubes == 0) return 0;
  return static_cast<double>(ideal) / (static_cast<double>(cycles) * static_cast<double>(cubes));
}

std::string RunRecord::text() const {
  std::string text = fmt::format("{} cycles = {:.3f} us at {} GHz on {}\n", cycles,
                                 static_cast<double>(cycles) / clock_ghz / 1e3, clock_ghz, machine);
  text += fmt::format("{:<10} {:>12}", "unit", "instructions");
  for (int cause = 0; cause < kCauses; ++cause) {
    text += fmt::format(" {:>10}", cause_name(static_cast<Cause>(cause)));
  }
  text += "  (share of all cores' cycles)\n";
  for (int i = 0; i < kUnits; ++i) {
    const UnitRecord sum = total(static_cast<Unit>(i));
    uint64_t all = 0;
    for (const uint64_t part : sum.cycles) all += part;
    if (all == 0) continue;
    text += fmt::format("{:<10} {:>12}", kUnitNames[static_cast<size_t>(i)], sum.instructions);
    for (const uint64_t part : sum.cycles) {
      text +=
          fmt::format(" {:>9.1f}%", 100.0 * static_cast<double>(part) / static_cast<double>(all));
    }
    text += '\n';
  }
  return text + traffic.text(cycles, clock_ghz);
}

}  // namespace npu
