// The text of a deadlock: what every core that cannot go on waits for.
#include "isa/encoding/enum_names.h"
#include "sim/timing/engine.h"

namespace npu {
namespace {

std::string core_label(const Core& core) {
  const std::string name =
      core.number() == 0 ? "cube core" : "vector core " + std::to_string(core.number() - 1);
  return "group " + std::to_string(core.group()) + " " + name;
}

std::string at(const Core& core, uint32_t pc) {
  const std::string place = core.code().place(pc);
  return place.empty() ? "instruction " + std::to_string(pc) : place;
}

std::string flags_text(const Core& core, const FlagPair& waits) {
  std::string text;
  for (const FlagAmount& wait : waits) {
    if (wait.count == 0) continue;
    if (!text.empty()) text += " and ";
    text += flag_name(*core.code().source, wait.flag) + " (has " +
            std::to_string(core.flags().value(wait.flag)) + ", needs " +
            std::to_string(wait.count) + ")";
  }
  return text;
}

// What a unit waits for, or nothing if it has no work.
std::string unit_text(const Core& core, Unit unit) {
  const UnitModel* model = core.unit(unit);
  if (model == nullptr || model->idle()) return "";
  const std::string who = core_label(core) + " " + unit_name(unit);
  if (const Entry* blocked = model->blocked()) {
    return who + " at " + at(core, blocked->pc) + " waits for " + flags_text(core, blocked->waits);
  }
  if (model->waits_for_word()) {
    return who + " at " + at(core, model->head()->pc) + " waits for a word in global memory";
  }
  return "";
}

std::string sequencer_text(const Core& core) {
  const Sequencer& sequencer = core.sequencer();
  const std::string who = core_label(core) + " sequencer at " + at(core, sequencer.pc());
  const std::string unit = unit_name(sequencer.waiting_unit());
  switch (sequencer.waiting()) {
    case Sequencer::Waiting::kQueue:
      return who + " waits for room in the queue of " + unit;
    case Sequencer::Waiting::kIdle:
      return who + " waits for " +
             (sequencer.waiting_unit() == Unit::kSequencer ? std::string("its units") : unit);
    case Sequencer::Waiting::kFlag:
      return who + " waits for " + flags_text(core, sequencer.waiting_flags());
    case Sequencer::Waiting::kWord:
      return who + " waits for a word in global memory";
    case Sequencer::Waiting::kBarrier:
      return who + " waits for the other cores at the barrier";
    case Sequencer::Waiting::kNothing:
      break;
  }
  return who + " cannot go on";
}

}  // namespace

// The unit at the root of a core's deadlock: one that waits for a flag or word, else the sequencer.
Fault Core::deadlock() const {
  const Fault fault{.code = FaultCode::kDeadlock};
  for (const auto& unit : units_) {
    if (!unit) continue;
    const Entry* head = unit->waits_for_word() ? unit->head() : unit->blocked();
    if (head != nullptr) return located(fault, unit->unit(), head->pc, shared_.wheel.now());
  }
  return located(fault, Unit::kSequencer, sequencer_.pc(), shared_.wheel.now());
}

std::string describe_deadlock(const std::vector<const Core*>& cores) {
  constexpr size_t kShown = 12;
  std::vector<std::string> lines;
  for (const Core* core : cores) {
    for (int unit = 1; unit < kUnits; ++unit) {
      std::string line = unit_text(*core, static_cast<Unit>(unit));
      if (!line.empty()) lines.push_back(std::move(line));
    }
    lines.push_back(sequencer_text(*core));
  }
  std::string text;
  for (size_t i = 0; i < lines.size() && i < kShown; ++i) text += (i == 0 ? "" : "; ") + lines[i];
  if (lines.size() > kShown) {
    text += "; and " + std::to_string(lines.size() - kShown) + " more waits";
  }
  return text;
}

}  // namespace npu
