#include "sim/memory/hbm_channel.h"

#include <algorithm>

namespace npu {

// ---------------------------------------------------------------- activates

Ticks Activates::pushed(Ticks at, uint32_t group) const {
  size_t before = count_;  // kept ones at or before `at`
  while (before > 0 && kept_[before - 1].at > at) --before;
  for (size_t i = before > 4 ? before - 4 : 0; i < std::min(before + 4, count_); ++i) {
    const Ticks apart = kept_[i].group == group ? timing_.rrd_l : timing_.rrd_s;
    const Ticks other = kept_[i].at;
    if (other <= at ? at - other < apart : other - at < apart) return other + apart;
  }
  // Any five in a row, of which this is one, take faw or more.
  const auto time = [&](size_t i) {
    return i == before ? at : i < before ? kept_[i].at : kept_[i - 1].at;
  };
  for (size_t first = before > 4 ? before - 4 : 0; first <= before && first + 4 <= count_;
       ++first) {
    if (time(first + 4) - time(first) >= timing_.faw) continue;
    return first + 4 == before ? time(first) + timing_.faw : kept_[before].at + timing_.rrd_s + 1;
  }
  return at;
}

Ticks Activates::earliest(Ticks from, uint32_t group) const {
  if (count_ == 0) return from;
  // What lies before all kept ones can't be judged.
  Ticks at = count_ == kKept ? std::max(from, kept_[0].at) : from;
  for (;;) {
    const Ticks later = pushed(at, group);
    if (later == at) return at;
    at = later;
  }
}

void Activates::add(Ticks at, uint32_t group) {
  if (count_ == kKept) {
    std::move(kept_.begin() + 1, kept_.end(), kept_.begin());
    --count_;
  }
  size_t place = count_;
  for (; place > 0 && kept_[place - 1].at > at; --place) kept_[place] = kept_[place - 1];
  kept_[place] = {at, group};
  ++count_;
}

// ---------------------------------------------------------------- bus

ColumnBus::ColumnBus(const HbmTiming& timing, uint32_t groups)
    : timing_(timing), read_in_group_(groups), write_in_group_(groups) {
  gaps_.reserve(kGaps + 2);
}

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

ColumnBus::Slot ColumnBus::earliest(Ticks now, Ticks from, uint32_t group, bool write) {
  size_t past = 0;
  while (past < gaps_.size() && gaps_[past].then.at <= now) ++past;
  if (past > 0) gaps_.erase(gaps_.begin(), gaps_.begin() + static_cast<std::ptrdiff_t>(past));
  Command command{0, group, write};
  for (size_t i = 0; i < gaps_.size(); ++i) {
    const Gap& gap = gaps_[i];
    if (gap.then.at <= from) continue;
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
  const auto at = gaps_.begin() + slot.gap;
  const Gap before{at->first, command}, after{command, at->then};
  const bool turns = write != after.then.write;
  if (turns) turnarounds_ += before.first.write != write ? 2 : 0;
  if (has_room(before) && has_room(after)) {
    *at = after;
    gaps_.insert(at, before);
    if (gaps_.size() > kGaps) gaps_.erase(gaps_.begin());
  } else if (has_room(before) || has_room(after)) {
    *at = has_room(before) ? before : after;
  } else {
    gaps_.erase(at);
  }
}

void ColumnBus::append(const Command& command) {
  const Gap gap{last_, command};
  if (has_room(gap)) {
    if (gaps_.size() == kGaps) gaps_.erase(gaps_.begin());
    gaps_.push_back(gap);
  }
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

// ---------------------------------------------------------------- channel

HbmChannel::HbmChannel(const HbmConfig& config, const HbmTiming& timing, double phase)
    : timing_(timing),
      phase_(timing.refresh_time +
             static_cast<Ticks>(
                 phase * static_cast<double>(timing.refresh_interval - timing.refresh_time))),
      queue_limit_(static_cast<size_t>(config.write_queue)),
      banks_(static_cast<size_t>(config.bank_groups * config.banks)),
      activates_(timing),
      bus_(timing, static_cast<uint32_t>(config.bank_groups)) {
  writes_.reserve(queue_limit_);
}

void HbmChannel::reset() {
  std::fill(banks_.begin(), banks_.end(), Bank{});
  activates_.reset();
  bus_.reset();
  writes_.clear();
  end_ = 0;
  counters_ = {};
}

HbmCounters HbmChannel::counters() const {
  HbmCounters counters = counters_;
  counters.turnarounds = bus_.turnarounds();
  return counters;
}

HbmChannel::Phase HbmChannel::phase_of(Ticks at) {
  if (timing_.refresh_interval == 0) return {};
  const Ticks shifted = at + phase_;
  // NOTE: where `shifted` lies before the interval, the difference wraps round and is large.
  if (shifted - interval_begin_ >= timing_.refresh_interval) {
    interval_ = shifted / timing_.refresh_interval;
    interval_begin_ = interval_ * timing_.refresh_interval;
  }
  return {interval_, shifted - interval_begin_};
}

Ticks HbmChannel::clear_of_refresh(Ticks at, Ticks tail) {
  if (timing_.refresh_interval == 0) return at;
  const Ticks since = phase_of(at).since;
  if (since < timing_.refresh_time) return at + timing_.refresh_time - since;
  if (since + tail > timing_.refresh_interval)
    return at + timing_.refresh_interval - since + timing_.refresh_time;
  return at;
}

// Activates the row; precharges first where another is open. A refresh closes all rows.
void HbmChannel::activate(Bank& bank, const HbmPlace& place, Ticks from) {
  Ticks at = from;
  if (bank.used) {
    at = std::max(at, bank.activated + timing_.rc);
    const Ticks precharge = std::max(from, bank.open.precharge);
    if (bank.open.row != kClosed && phase_of(precharge).interval == bank.open.refresh)
      at = std::max(at, precharge + timing_.rp);
  }
  for (;;) {
    const Ticks free = activates_.earliest(at, place.group);
    const Ticks clear = clear_of_refresh(free, timing_.ras);
    at = clear;
    if (clear == free) break;
  }
  activates_.add(at, place.group);
  if (bank.open.row != kClosed) {
    bank.before = bank.open;
    bank.before.precharge = at - timing_.rp;
  }
  bank.open = {place.row, phase_of(at).interval, at + timing_.rcd, at + timing_.ras};
  bank.activated = at;
  bank.used = true;
}

bool HbmChannel::take_before(Bank& bank, Ticks now, Ticks from, const HbmPlace& place, bool write,
                             Ticks& at) {
  const OpenRow& row = bank.before;
  const Ticks to_precharge = write ? timing_.write_to_precharge : timing_.rtp;
  if (from + to_precharge > row.precharge) return false;
  const ColumnBus::Slot slot =
      bus_.earliest(now, std::max(from, row.column_from), place.group, write);
  if (slot.at + to_precharge > row.precharge || phase_of(slot.at).interval != row.refresh ||
      clear_of_refresh(slot.at, to_precharge) != slot.at)
    return false;
  bus_.take(slot, place.group, write);
  at = slot.at;
  return true;
}

Ticks HbmChannel::access(Ticks now, Ticks from, const HbmPlace& place, bool write) {
  Bank& bank = banks_[place.bank];
  Ticks at = 0;
  ++(write ? counters_.writes : counters_.reads);
  if (place.row == bank.before.row && place.row != bank.open.row &&
      take_before(bank, now, from, place, write, at)) {
    ++counters_.row_hits;
  } else {
    at = take_open(bank, now, from, place, write);
  }
  const Ticks done = at + (write ? timing_.cwl : timing_.cl) + timing_.burst;
  end_ = std::max(end_, done);
  return done;
}

// Of the open row, or of one that is opened for it.
Ticks HbmChannel::take_open(Bank& bank, Ticks now, Ticks from, const HbmPlace& place, bool write) {
  const Ticks to_precharge = write ? timing_.write_to_precharge : timing_.rtp;
  bool closed = bank.open.row == kClosed || phase_of(from).interval > bank.open.refresh;
  ++(closed                       ? counters_.row_closed
     : bank.open.row == place.row ? counters_.row_hits
                                  : counters_.row_conflicts);
  bool held = false;
  ColumnBus::Slot slot;
  for (;;) {
    if (closed || bank.open.row != place.row) activate(bank, place, from);
    slot = bus_.earliest(now, std::max(from, bank.open.column_from), place.group, write);
    const bool in_time = phase_of(slot.at).interval == bank.open.refresh;
    const Ticks clear = clear_of_refresh(slot.at, in_time ? to_precharge : 0);
    if (in_time && clear == slot.at) break;
    from = clear;
    closed = held = true;
  }
  counters_.refresh_waits += held ? 1 : 0;
  bus_.take(slot, place.group, write);
  bank.open.precharge = std::max(bank.open.precharge, slot.at + to_precharge);
  return slot.at;
}

void HbmChannel::write_later(Ticks now, Ticks from, const HbmPlace& place) {
  writes_.push_back({from, place});
  if (writes_.size() >= queue_limit_) drain(now);
}

Ticks HbmChannel::flush(Ticks now) {
  drain(now);
  return end_;
}

// Rows together, banks in turn: one turnaround for all of them.
void HbmChannel::drain(Ticks now) {
  Ticks from = 0;
  for (const Write& write : writes_) from = std::max(from, write.from);
  std::stable_sort(writes_.begin(), writes_.end(), [](const Write& a, const Write& b) {
    return a.place.row != b.place.row ? a.place.row < b.place.row : a.place.column < b.place.column;
  });
  for (const Write& write : writes_) access(now, from, write.place, true);
  writes_.clear();
}

}  // namespace npu
