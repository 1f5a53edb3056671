#include "sim/memory/hbm_channel.h"

#include <algorithm>

namespace npu {

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
