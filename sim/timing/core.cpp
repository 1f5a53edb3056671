#include "sim/timing/core.h"

#include <algorithm>

#include "sim/timing/units.h"

namespace npu {

const char* unit_name(Unit unit) {
  static constexpr std::array<const char*, kUnits> kNames = {"sequencer", "load",   "feed", "cube",
                                                             "drain",     "vector", "store"};
  return kNames[static_cast<size_t>(unit)];
}

Core::Core(Shared& shared, GroupState& state, int group, int core, const std::vector<int>& order)
    : shared_(shared),
      state_(state),
      group_(group),
      number_(core),
      index_(group * (1 + shared.limits.vectors) + core),
      l1_port_(shared.machine.buffer.l1_bytes_per_cycle),
      l0c_port_(shared.machine.buffer.l0c_bytes_per_cycle),
      sequencer_(*this),
      postman_(shared.wheel, key(kRetirePriority, kMailboxSlot)) {
  for (const int unit : order) {
    units_[static_cast<size_t>(unit)] = make_unit(*this, static_cast<Unit>(unit));
  }
}

void Core::start(const Code& code, uint64_t control_block, bool takes_part, int chip) {
  chip_ = chip;
  code_ = &code;
  takes_part_ = takes_part;
  halted_ = !takes_part;
  halted_at_ = 0;
  mma_cycles_.fill(0);
  mailbox_.clear();
  backlog_.clear();
  handover_.start();
  l1_port_.start();
  l0c_port_.start();
  if (!takes_part) {
    sequencer_.stay_idle();
    return;
  }
  flags_.start(code.source->flags);
  for (auto& unit : units_) {
    if (unit) unit->start();
  }
  delivering_ = false;
  sequencer_.start(code, control_block);
}

bool Core::units_idle() const {
  return std::all_of(units_.begin(), units_.end(),
                     [](const auto& unit) { return !unit || unit->idle(); });
}

void Core::set_flag(FlagAmount amount, const EventPlace& from, bool early) {
  if (!is_group_flag(amount.flag)) {
    if (shared_.observer != nullptr) {
      shared_.observer->on_flag_set(from, number_, amount.flag, amount.count, early);
    }
    add_flag(amount, from, *this);
    return;
  }
  // The cube core reaches every vector core of its group, a vector core the cube core.
  const size_t first = number_ == 0 ? 1 : 0;
  const size_t end = number_ == 0 ? peers_.size() : 1;
  const Cycle at = shared_.wheel.now() +
                   static_cast<Cycle>(shared_.free_costs ? 0 : shared_.machine.sync.group_flag);
  for (size_t i = first; i < end; ++i) {
    Core& peer = *peers_[i];
    if (shared_.observer != nullptr) {
      shared_.observer->on_flag_set(from, peer.number_, amount.flag, amount.count, early);
    }
    peer.mailbox_.push() = {at, amount, from, this};
    if (!peer.delivering_) {
      peer.delivering_ = true;
      peer.postman_.start(peer.deliver(), at);
    } else if (peer.postman_.asleep()) {
      peer.postman_.wake(at);
    }
  }
}

// Sets from other cores arrive after a fixed time, so in the order in which they were sent.
Process Core::deliver() {
  for (;;) {
    while (mailbox_.empty()) co_await postman_.sleep();
    co_await postman_.until(mailbox_.front().at);
    const Letter letter = mailbox_.front();
    mailbox_.pop();
    add_flag(letter.amount, letter.from, *letter.setter);
  }
}

void Core::add_flag(FlagAmount amount, const EventPlace& from, const Core& setter) {
  if (!flags_.add(amount)) {
    setter.shared_.raise(setter.located(
        {.code = FaultCode::kFlagOverLimit,
         .detail = "set of " + flag_name(*code_->source, amount.flag) + " by " +
                   std::to_string(amount.count) + " takes it from " +
                   std::to_string(flags_.value(amount.flag)) + " over its limit of " +
                   std::to_string(flags_.limit(amount.flag))},
        from.unit, from.pc, shared_.wheel.now()));
    return;
  }
  uint8_t waiting = flags_.waiters(amount.flag);
  for (int unit = 0; waiting != 0; ++unit, waiting = static_cast<uint8_t>(waiting >> 1)) {
    if ((waiting & 1) == 0) continue;
    if (static_cast<Unit>(unit) == Unit::kSequencer) {
      sequencer_.flag_changed();
    } else {
      units_[static_cast<size_t>(unit)]->flag_changed();
    }
  }
}

void Core::halt() {
  halted_ = true;
  halted_at_ = shared_.wheel.now();
  for (auto& unit : units_) {
    if (unit) unit->clock().change(halted_at_, Cause::kDone);
  }
  sequencer_.done(halted_at_);
  --shared_.running;
}

CoreRecord Core::close(Cycle end) {
  CoreRecord record;
  record.group = group_;
  record.core = number_;
  record.units[0] = sequencer_.close(end);
  for (int i = 1; i < kUnits; ++i) {
    UnitModel* unit = units_[static_cast<size_t>(i)].get();
    if (unit == nullptr) continue;
    record.units[static_cast<size_t>(i)] = unit->clock().close(end);
  }
  record.mma_cycles = mma_cycles_;
  for (const uint64_t cycles : mma_cycles_) record.ideal_mma_cycles += cycles;
  record.halted_at = halted_ ? halted_at_ : end;
  return record;
}

Fault Core::located(Fault fault, Unit unit, uint32_t pc, Cycle cycle) const {
  fault.cycle = cycle;
  fault.group = group_;
  fault.core = number_;
  fault.unit = unit_name(unit);
  fault.pc = pc;
  fault.source = code_->place(pc);
  return fault;
}

void Core::raise_host_memory(Unit unit, uint32_t pc, Cycle cycle) {
  raise(
      {.code = FaultCode::kOutOfMemory,
       .detail = "the contents of global memory need more than the " +
                 std::to_string(shared_.gm.host_bytes()) + " bytes that they may take of the host"},
      unit, pc, cycle);
}

void Core::raise(Fault fault, Unit unit, uint32_t pc, Cycle cycle) {
  shared_.raise(located(std::move(fault), unit, pc, cycle));
}

}  // namespace npu
