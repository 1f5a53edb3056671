#include "runtime/report/bound.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/errors.h"

namespace npu {

std::vector<Use> resource_use(const RunRecord& record, const MachineConfig& machine) {
  const double cycles = static_cast<double>(std::max<uint64_t>(record.cycles, 1));
  const TrafficRecord& traffic = record.traffic;
  std::vector<Use> uses{
      {"HBM", static_cast<double>(traffic.hbm_read + traffic.hbm_written) / cycles /
                  machine.hbm_bytes_per_cycle()},
      {"L2", static_cast<double>(traffic.core_read + traffic.core_written) / cycles /
                 machine.memory.l2.bytes_per_cycle},
      {"cube", record.cube_share()},
  };
  constexpr std::pair<Unit, const char*> kUnitNames[] = {
      {Unit::kLoad, "load"},     {Unit::kFeed, "feed"},   {Unit::kDrain, "drain"},
      {Unit::kVector, "vector"}, {Unit::kStore, "store"}, {Unit::kSequencer, "sequencer"}};
  for (const auto& [unit, name] : kUnitNames) {
    uint64_t busiest = 0;
    for (const CoreRecord& core : record.cores)
      busiest = std::max(busiest, core.units[static_cast<size_t>(unit)].busy());
    uses.push_back({name, static_cast<double>(busiest) / cycles});
  }
  std::stable_sort(uses.begin(), uses.end(),
                   [](const Use& a, const Use& b) { return a.share > b.share; });
  return uses;
}

std::string bound_text(const std::vector<Use>& uses) {
  NPU_ASSERT(!uses.empty());
  const Use& top = uses.front();
  const std::string text = fmt::format("{} {:.0f} %", top.resource, top.share * 100);
  return top.share >= 0.5 ? text : "latency (" + text + ")";
}

}  // namespace npu
