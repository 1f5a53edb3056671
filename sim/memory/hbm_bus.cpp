#include "sim/memory/hbm_bus.h"

#include <algorithm>

namespace npu {

ColumnBus::ColumnBus(const HbmTiming& timing, uint32_t groups)
    : timing_(timing), read_in_group_(groups), write_in_group_(groups) {}

void ColumnBus::reset() {
  last_ = {};
  read_any_ = write_any_ = 0;
  turnarounds_ = 0;
  std::fill(read_in_group_.begin(), read_in_group_.end(), 0);
  std::fill(write_in_group_.begin(), write_in_group_.end(), 0);
  gaps_.clear();
}

Ticks ColumnBus::apart(const Command& first, const Command& then) const {
  if (first.group == kNone) return 0;
  const bool same_group = first.group == then.group;
  if (first.write == then.write) return same_group ? timing_.ccd_l : timing_.ccd_s;
  if (!first.write) return timing_.rtw;
  return same_group ? timing_.write_to_read_l : timing_.write_to_read_s;
}

ColumnBus::Slot ColumnBus::earliest(Ticks now, Ticks from, uint32_t group, bool write) const {
  size_t i = gaps_.size();
  while (i > 0 && gaps_[i - 1].then.at > std::max(now, from)) --i;
  Command command{0, group, write};
  for (; i < gaps_.size(); ++i) {
    const Gap& gap = gaps_[i];
    command.at = std::max(from, gap.first.at + apart(gap.first, command));
    if (command.at + apart(command, gap.then) <= gap.then.at)
      return {command.at, static_cast<int>(i)};
  }
  const Ticks any = write ? write_any_ : read_any_;
  const Ticks own = (write ? write_in_group_ : read_in_group_)[group];
  return {std::max({from, any, own}), -1};
}

bool ColumnBus::has_room(const Gap& gap) const {
  const Ticks before = gap.first.group == kNone ? 0 : timing_.ccd_s;
  return gap.then.at - gap.first.at >= before + timing_.ccd_s;
}

void ColumnBus::take(const Slot& slot, uint32_t group, bool write) {
  const Command command{slot.at, group, write};
  if (slot.gap < 0) {
    append(command);
    return;
  }
  const auto at = static_cast<size_t>(slot.gap);
  const Gap before{gaps_[at].first, command}, after{command, gaps_[at].then};
  const bool turns = write != after.then.write;
  if (turns) turnarounds_ += before.first.write != write ? 2 : 0;
  if (has_room(before) && has_room(after)) {
    gaps_[at] = after;
    gaps_.insert(at, before);
  } else if (has_room(before) || has_room(after)) {
    gaps_[at] = has_room(before) ? before : after;
  } else {
    gaps_.erase(at);
  }
}

void ColumnBus::append(const Command& command) {
  const Gap gap{last_, command};
  if (has_room(gap)) gaps_.push_back(gap);
  turnarounds_ += last_.group != kNone && last_.write != command.write ? 1 : 0;
  last_ = command;
  const Ticks at = command.at;
  if (command.write) {
    write_any_ = at + timing_.ccd_s;
    write_in_group_[command.group] = at + timing_.ccd_l;
    read_any_ = std::max(read_any_, at + timing_.write_to_read_s);
    read_in_group_[command.group] = at + timing_.write_to_read_l;
  } else {
    read_any_ = at + timing_.ccd_s;
    read_in_group_[command.group] = at + timing_.ccd_l;
    write_any_ = std::max(write_any_, at + timing_.rtw);
  }
}

}  // namespace npu
