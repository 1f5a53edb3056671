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
  gaps_.reserve(kGaps);
}

void ColumnBus::reset() {
  last_ = read_any_ = write_any_ = 0;
  any_ = last_write_ = false;
  std::fill(read_in_group_.begin(), read_in_group_.end(), 0);
  std::fill(write_in_group_.begin(), write_in_group_.end(), 0);
  gaps_.clear();
}

ColumnBus::Slot ColumnBus::earliest(Ticks now, Ticks from, uint32_t group, bool write) {
  size_t past = 0;
  while (past < gaps_.size() && gaps_[past].end <= now) ++past;
  if (past > 0) gaps_.erase(gaps_.begin(), gaps_.begin() + static_cast<std::ptrdiff_t>(past));
  for (size_t i = 0; i < gaps_.size(); ++i) {
    const Gap& gap = gaps_[i];
    // Whole bursts are booked: half of one too much here is half of one too little there.
    if (gap.end <= from || !(write ? gap.write : gap.read)) continue;
    if (2 * gap.left >= static_cast<int64_t>(timing_.ccd_s))
      return {std::max(from, gap.begin), static_cast<int>(i)};
  }
  const Ticks any = write ? write_any_ : read_any_;
  const Ticks own = (write ? write_in_group_ : read_in_group_)[group];
  return {std::max({from, any, own}), -1};
}

void ColumnBus::take(const Slot& slot, uint32_t group, bool write) {
  if (slot.gap >= 0) {
    gaps_[static_cast<size_t>(slot.gap)].left -= static_cast<int64_t>(timing_.ccd_s);
    return;
  }
  const Ticks at = slot.at;
  const Ticks begin = any_ ? last_ + timing_.ccd_s : 0;
  if (at > begin) {
    // Where the bus turns round in it, the turnaround takes its part of the gap.
    const bool turns = any_ && last_write_ != write;
    const Ticks turn = turns ? (write ? timing_.rtw : timing_.write_to_read_l) : 0;
    const int64_t left = static_cast<int64_t>(at - begin) - static_cast<int64_t>(turn);
    const Gap gap{begin, at, left, turns || !write, turns || write};
    // One burst between two gaps: bursts of one bank group leave each other such small ones.
    Gap* before = gaps_.empty() ? nullptr : &gaps_.back();
    if (before != nullptr && before->end == last_ && before->read == gap.read &&
        before->write == gap.write) {
      before->end = at;
      before->left += left;
    } else {
      if (gaps_.size() == kGaps) gaps_.erase(gaps_.begin());
      gaps_.push_back(gap);
    }
  }
  last_ = at;
  last_write_ = write;
  any_ = true;
  if (write) {
    write_any_ = at + timing_.ccd_s;
    write_in_group_[group] = at + timing_.ccd_l;
    read_any_ = std::max(read_any_, at + timing_.write_to_read_s);
    read_in_group_[group] = at + timing_.write_to_read_l;
  } else {
    read_any_ = at + timing_.ccd_s;
    read_in_group_[group] = at + timing_.ccd_l;
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

Ticks HbmChannel::clear_of_refresh(Ticks at, Ticks tail) const {
  if (timing_.refresh_interval == 0) return at;
  const Ticks phase = (at + phase_) % timing_.refresh_interval;
  if (phase < timing_.refresh_time) return at + timing_.refresh_time - phase;
  if (phase + tail > timing_.refresh_interval)
    return at + timing_.refresh_interval - phase + timing_.refresh_time;
  return at;
}

// Activates the row; precharges first where another is open. A refresh closes all rows.
void HbmChannel::open(Bank& bank, const HbmPlace& place, Ticks from) {
  Ticks at = from;
  if (bank.used) {
    at = std::max(at, bank.activated + timing_.rc);
    if (bank.row != kClosed && interval(std::max(from, bank.precharge_from)) == bank.refresh) {
      at = std::max(at, std::max(from, bank.precharge_from) + timing_.rp);
    }
  }
  for (;;) {
    const Ticks free = activates_.earliest(at, place.group);
    const Ticks clear = clear_of_refresh(free, timing_.ras);
    at = clear;
    if (clear == free) break;
  }
  activates_.add(at, place.group);
  bank.row = place.row;
  bank.refresh = interval(at);
  bank.activated = at;
  bank.used = true;
  bank.column_from = at + timing_.rcd;
  bank.precharge_from = at + timing_.ras;
}

Ticks HbmChannel::access(Ticks now, Ticks from, const HbmPlace& place, bool write) {
  Bank& bank = banks_[place.bank];
  const Ticks to_precharge = write ? timing_.write_to_precharge : timing_.rtp;
  const bool stale = bank.row != kClosed && interval(from) > bank.refresh;
  if (stale) bank.row = kClosed;
  ++(bank.row == place.row ? counters_.row_hits
     : bank.row == kClosed ? counters_.row_closed
                           : counters_.row_conflicts);
  bool held = false;
  ColumnBus::Slot slot;
  for (;;) {
    if (bank.row != place.row) open(bank, place, from);
    slot = bus_.earliest(now, std::max(from, bank.column_from), place.group, write);
    if (interval(slot.at) == bank.refresh) {
      const Ticks clear = clear_of_refresh(slot.at, to_precharge);
      if (clear == slot.at) break;
      from = clear;
    } else {
      from = clear_of_refresh(slot.at, 0);
    }
    bank.row = kClosed;
    held = true;
  }
  counters_.refresh_waits += held ? 1 : 0;
  counters_.turnarounds += slot.gap < 0 && write != bus_.last_was_write() ? 1 : 0;
  ++(write ? counters_.writes : counters_.reads);
  bus_.take(slot, place.group, write);
  bank.precharge_from = std::max(bank.precharge_from, slot.at + to_precharge);
  const Ticks done = slot.at + (write ? timing_.cwl : timing_.cl) + timing_.burst;
  end_ = std::max(end_, done);
  return done;
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
