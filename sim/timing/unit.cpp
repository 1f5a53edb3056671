#include "sim/timing/unit.h"

#include <algorithm>

#include "sim/functional/execute.h"
#include "sim/functional/validate.h"
#include "sim/timing/core.h"

namespace npu {

UnitModel::UnitModel(Core& core, Unit unit, int depth)
    : core_(core),
      shared_(core.shared()),
      agent_(shared_.wheel, core.key(kUnitPriority, static_cast<int>(unit))),
      unit_(unit),
      depth_(static_cast<size_t>(depth)),
      retirer_(shared_.wheel, core.key(kRetirePriority, static_cast<int>(unit))) {}

void UnitModel::start() {
  entries_.clear();
  in_flight_ = begun_ = 0;
  issued_ = retired_ = 0;
  last_done_ = 0;
  working_ = retiring_ = false;
  waiting_for_work_ = waiting_for_flags_ = waiting_for_word_ = waiting_to_retire_ = false;
  clock_.start(Cause::kSequencer);
  restart();
}

EventPlace UnitModel::event(const Entry& entry) const {
  return {now(), core_.group(), core_.number(), unit_, entry.pc, entry.serial};
}

void UnitModel::placed() {
  entries_.push().serial = ++issued_;
  const Cycle ready = std::max(now(), front().ready);
  if (!working_) {
    working_ = true;
    agent_.start(run(), ready);
  } else if (waiting_for_work_) {
    waiting_for_work_ = false;
    agent_.wake(ready);
  }
}

void UnitModel::HeadAwait::await_suspend(std::coroutine_handle<> process) const {
  unit.clock_.change(unit.now(), Cause::kSequencer);
  if (unit.waiting() == 0) {
    unit.waiting_for_work_ = true;
    unit.agent_.fall_asleep(process);
  } else {
    unit.agent_.until(unit.front().ready).await_suspend(process);
  }
}

bool UnitModel::FlagsAwait::await_ready() const {
  const FlagPair& waits = unit.front().waits;
  return waits[0].count + waits[1].count == 0 || unit.core_.flags().try_take(waits);
}

void UnitModel::FlagsAwait::await_suspend(std::coroutine_handle<> process) const {
  unit.clock_.change(unit.now(), Cause::kFlag);
  unit.core_.flags().wait(unit.unit_, unit.front().waits);
  unit.waiting_for_flags_ = true;
  unit.agent_.fall_asleep(process);
}

void UnitModel::FlagsAwait::await_resume() const {
  if (unit.shared_.observer == nullptr) return;
  for (const FlagAmount& wait : unit.front().waits) {
    if (wait.count == 0) continue;
    unit.shared_.observer->on_flag_take(unit.event(unit.front()), wait.flag, wait.count);
  }
}

void UnitModel::flag_changed() {
  const FlagPair& waits = front().waits;
  if (!waiting_for_flags_ || !core_.flags().try_take(waits)) return;
  core_.flags().forget(unit_, waits);
  waiting_for_flags_ = false;
  agent_.wake();
}

// Takes the word that the head waits for, if it is large enough.
bool UnitModel::take_word() {
  const Entry& head = front();
  const auto& wait = std::get<WaitWord<Value>>(head.command);
  uint64_t word = 0;
  shared_.gm.read(wait.address, &word, sizeof word);
  if (word < wait.count) return false;
  execute(core_.place(), head.command);
  if (shared_.observer != nullptr) {
    shared_.observer->on_word_take(event(head), wait.address, wait.count);
  }
  return true;
}

void UnitModel::WordAwait::await_suspend(std::coroutine_handle<> process) const {
  unit.clock_.change(unit.now(), Cause::kFlag);
  const auto& wait = std::get<WaitWord<Value>>(unit.front().command);
  unit.shared_.words.watch(wait.address, unit.agent_);
  unit.waiting_for_word_ = true;
  unit.agent_.fall_asleep(process);
}

bool UnitModel::begin() {
  ++begun_;
  clock_.change(now(), Cause::kBusy);
  core_.unit_moved(unit_);
  if (shared_.observer != nullptr) shared_.observer->on_start(event(entry()), entry().command);
  const auto latency = [&](int cycles) {
    return shared_.free_costs ? 1 : static_cast<uint64_t>(cycles);
  };
  const auto way = [&](uint64_t address) {
    return shared_.free_costs ? 0 : shared_.memory.way_cycles(core_.chip(), address);
  };
  switch (entry().kind) {
    case Entry::Kind::kWork:
      // The vector unit's own commands under way may still write the list: see retire().
      if (unit_ == Unit::kVector || indices_good(entry())) return true;
      retire_at(now());
      return false;
    case Entry::Kind::kFlagsOnly:
      retire_at(now());
      return false;
    case Entry::Kind::kSetWord:
      retire_at(std::max(now(), last_done_) + latency(shared_.machine.memory.l2.write_latency) +
                way(std::get<SetWord<Value>>(entry().command).address));
      return false;
    case Entry::Kind::kWaitWord:
      retire_at(now() + latency(shared_.machine.memory.l2.latency) +
                2 * way(std::get<WaitWord<Value>>(entry().command).address));
      return false;
  }
  return false;
}

void UnitModel::retire_at(Cycle done) {
  last_done_ = std::max(last_done_, std::max(done, now()));
  Entry& slot = entry();
  slot.done = last_done_;
  ++in_flight_;
  if (!retiring_) {
    retiring_ = true;
    retirer_.start(retire_in_order(), slot.done);
  } else if (waiting_to_retire_) {
    waiting_to_retire_ = false;
    retirer_.wake(slot.done);
  }
}

bool UnitModel::RetireAwait::await_ready() const {
  return unit.in_flight_ > 0 && unit.entries_.front().done <= unit.now();
}

void UnitModel::RetireAwait::await_suspend(std::coroutine_handle<> process) const {
  if (unit.in_flight_ == 0) {
    unit.waiting_to_retire_ = true;
    unit.retirer_.fall_asleep(process);
  } else {
    unit.retirer_.until(unit.entries_.front().done).await_suspend(process);
  }
}

Process UnitModel::retire_in_order() {
  for (;;) {
    co_await RetireAwait{*this};
    retire(entries_.front());
    entries_.pop();
    --in_flight_;
    --begun_;
    core_.unit_moved(unit_);
  }
}

// Whether the rows that the entry's list names exist; raises the fault if not.
bool UnitModel::check_indices(const Entry& entry) {
  auto fault = validate_indices(core_.place(), entry.command);
  if (fault) core_.raise(std::move(*fault), unit_, entry.pc, now());
  return !fault;
}

// NOTE: indices are judged at the moment they are used. What the start saw may have been written
// since, by this queue's earlier commands or by a race.
void UnitModel::retire(Entry& entry) {
  const bool executes =
      entry.kind == Entry::Kind::kWork && !shared_.gm.timing_only() && !entry.carried_out;
  if (executes && !indices_good(entry)) return;
  if (shared_.observer != nullptr) shared_.observer->on_retire(event(entry), entry.command);
  if (entry.kind == Entry::Kind::kSetWord) {
    const auto& set = std::get<SetWord<Value>>(entry.command);
    execute(core_.place(), entry.command);
    if (shared_.observer != nullptr) {
      shared_.observer->on_word_set(event(entry), set.address, set.count);
    }
    shared_.words.changed(set.address, sizeof(uint64_t));
  } else if (entry.kind == Entry::Kind::kWork) {
    if (executes) core_.execute(entry.command);
    ++shared_.retired;
    if (!shared_.words.empty()) shared_.words.changed(0, ~uint64_t{0});
  }
  core_.check_host_memory(unit_, entry.pc, now());
  clock_.count_instructions(1);
  ++retired_;
  retired(entry);
  make_sets(entry);
}

void UnitModel::carry_out() {
  if (!shared_.gm.timing_only()) core_.execute(entry().command);
  entry().carried_out = true;
}

void UnitModel::set_early() {
  const FlagAmount amount = entry().sets[0];
  entry().sets[0].count = 0;
  if (amount.count > 0) core_.set_flag(amount, event(entry()), true);
}

void UnitModel::make_sets(const Entry& entry) {
  for (const FlagAmount& set : entry.sets) {
    if (set.count > 0) core_.set_flag(set, event(entry), false);
  }
}

}  // namespace npu
