#include "sim/check/hazard_log.h"

#include <array>
#include <string>

namespace npu::detail {

HazardAccess HazardLog::describe(const EventPlace& at, bool write) const {
  const CoreCode& code = at.core == 0 ? program_.cube : program_.vector;
  HazardAccess access{at.group, at.core, at.unit, at.pc, at.cycle, write, {}};
  if (at.pc < code.lines.size() && code.lines[at.pc] < program_.sources.size()) {
    const SourceLine& line = program_.sources[code.lines[at.pc]];
    access.source = line.file + ":" + std::to_string(line.line);
    if (!line.text.empty()) access.source += ": " + line.text;
  }
  return access;
}

HazardAccess HazardLog::describe(const Epoch& epoch, bool write) const {
  EventPlace at;
  at.group = static_cast<int32_t>(epoch.agent / agents_.of_group());
  at.pc = epoch.pc;
  at.cycle = epoch.cycle;
  const uint32_t index = epoch.agent % agents_.of_group();
  static constexpr std::array kCubeUnits = {Unit::kSequencer, Unit::kLoad, Unit::kFeed, Unit::kCube,
                                            Unit::kDrain};
  static constexpr std::array kVectorUnits = {Unit::kSequencer, Unit::kLoad, Unit::kVector,
                                              Unit::kStore};
  at.core = index < 5 ? 0 : static_cast<int32_t>(1 + (index - 5) / 4);
  at.unit = index < 5 ? kCubeUnits[index] : kVectorUnits[(index - 5) % 4];
  return describe(at, write);
}

void HazardLog::add(HazardKind kind, const Epoch* other, bool other_writes, Mode mode,
                    const Doer& doer, Hazard hazard) {
  const Key key = {kind,
                   doer.epoch.agent,
                   doer.epoch.pc,
                   other == nullptr ? 0 : other->agent,
                   other == nullptr ? 0 : other->pc,
                   hazard.mem};
  const auto [entry, fresh] = known_.try_emplace(key, Known{hazards_.size(), doer.epoch.time});
  if (!fresh) {
    Hazard& old = hazards_[entry->second.index];
    const bool same_access = entry->second.last_time == doer.epoch.time;
    if (!same_access) ++old.times;
    if (same_access && old.times == 1 && old.to == hazard.from) old.to = hazard.to;
    entry->second.last_time = doer.epoch.time;
    return;
  }
  hazard.kind = kind;
  hazard.access = describe(doer.at, mode != Mode::kRead);
  if (other != nullptr) hazard.other = describe(*other, other_writes);
  hazards_.push_back(std::move(hazard));
}

}  // namespace npu::detail
