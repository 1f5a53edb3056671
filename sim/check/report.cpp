#include "sim/check/report.h"

#include <array>
#include <cstdio>

#include "sim/functional/state.h"

namespace npu {

namespace {

std::string core_name(int32_t group, int32_t core) {
  const std::string where = " of group " + std::to_string(group);
  return core == 0 ? "the cube core" + where : "vector core " + std::to_string(core - 1) + where;
}

const char* unit_name(Unit unit) {
  static constexpr std::array<const char*, kUnits> kNames = {"sequencer", "load",   "feed", "cube",
                                                             "drain",     "vector", "store"};
  return kNames[static_cast<size_t>(unit)];
}

std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace

const char* hazard_name(HazardKind kind) {
  switch (kind) {
    case HazardKind::kRace:
      return "race";
    case HazardKind::kUninitialisedRead:
      return "uninitialised read";
    case HazardKind::kStaleRead:
      return "stale read";
    case HazardKind::kWrongBuffer:
      return "wrong buffer";
  }
  return "hazard";
}

std::string HazardAccess::text() const {
  std::string result = std::string(unit_name(unit)) + " of " + core_name(group, core) +
                       (write ? " writes" : " reads") + " at cycle " + std::to_string(cycle) +
                       ", instruction " + std::to_string(pc);
  if (!source.empty()) result += " (" + source + ")";
  return result;
}

std::string Hazard::text() const {
  std::string place = mem_name(mem);
  if (mem == Mem::kGm) {
    place += allocation.empty() ? " " + hex(from) + " to " + hex(to - 1)
                                : " '" + allocation + "', bytes " + std::to_string(from - base) +
                                      " to " + std::to_string(to - base - 1);
  } else {
    place += " of " + core_name(group, core) + ", bytes " + hex(from) + " to " + hex(to - 1);
  }
  std::string result = std::string(hazard_name(kind)) + " in " + place + ": " + access.text();
  if (kind == HazardKind::kRace) result += "; not ordered with: " + other.text();
  if (kind == HazardKind::kStaleRead) result += " from a cache line older than: " + other.text();
  if (times > 1) result += "; " + std::to_string(times) + " times";
  return result;
}

}  // namespace npu
