// A unit of a core: an in-order queue of commands and the coroutine that works through it.
//
// A command waits at the head of the queue for its flags, is begun, takes the unit for a while, and
// retires some time later, when everything it does becomes visible in one step. Commands retire in
// order; the unit may begin the next one before.
#pragma once

#include "isa/instructions/instruction.h"
#include "sim/timing/cause_clock.h"
#include "sim/timing/core_access.h"
#include "sim/timing/entry.h"
#include "sim/timing/ring.h"

namespace npu {

class UnitModel {
 public:
  UnitModel(Core& core, Unit unit, int depth);
  virtual ~UnitModel() = default;
  UnitModel(const UnitModel&) = delete;
  UnitModel& operator=(const UnitModel&) = delete;

  // Empty queue, at cycle 0. The processes begin with the first command: most launches leave most
  // units without work.
  void start();

  Unit unit() const { return unit_; }
  bool full() const { return waiting() >= depth_; }
  bool idle() const { return issued_ == retired_; }
  uint64_t serial() const { return issued_; }

  // The sequencer's side: a place to fill, all of it but serial, then its announcement. The queue
  // must not be full. A place that is not announced is no entry.
  Entry& place() { return entries_.spare(); }
  void placed();

  // A flag that the head of the queue waits for has changed.
  void flag_changed();

  CauseClock& clock() { return clock_; }
  // The command whose waits are not met, for the text of a deadlock; null if it waits for none.
  const Entry* blocked() const { return waiting_for_flags_ ? &front() : nullptr; }
  bool waits_for_word() const { return waiting_for_word_; }
  const Entry* head() const { return waiting() == 0 ? nullptr : &front(); }
  // The other side of the core's handover has retired a command.
  virtual void handover_changed() {}

 protected:
  // The unit's behaviour.
  virtual Process run() = 0;
  // At the start of a run, before run().
  virtual void restart() {}
  // A command has retired.
  virtual void retired(const Entry&) {}

  // co_await head(): until a command is at the head of the queue.
  struct HeadAwait {
    UnitModel& unit;
    bool await_ready() const { return unit.waiting() > 0 && unit.front().ready <= unit.now(); }
    void await_suspend(std::coroutine_handle<> process) const;
    void await_resume() const {}
  };
  HeadAwait work() { return {*this}; }

  // co_await flags(): until the head's waits are taken.
  struct FlagsAwait {
    UnitModel& unit;
    bool await_ready() const;
    void await_suspend(std::coroutine_handle<> process) const;
    void await_resume() const;
  };
  FlagsAwait flags() { return {*this}; }

  // True while the head is a waitw whose word is too small; otherwise the word is taken.
  bool word_missing() { return front().kind == Entry::Kind::kWaitWord && !take_word(); }
  // co_await word_changed(): until somebody writes the word that the head waits for.
  struct WordAwait {
    UnitModel& unit;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> process) const;
    void await_resume() const { unit.waiting_for_word_ = false; }
  };
  WordAwait word_changed() { return {*this}; }

  // Commands that were begun and have not retired, and when the last of them will.
  bool under_way() const { return in_flight_ > 0; }
  Cycle last_done() const { return last_done_; }

  // Takes the head out of the queue as entry(). True if there is work to do; a flag or word command
  // is dealt with here. False too after a fault, which ends the run.
  // NOTE: entries move when their ring grows; no reference outlives a wait.
  bool begin();
  Entry& entry() { return entries_[in_flight_]; }

  // The entry's effect, before it retires: a store that leaves the chip needs its bytes.
  void carry_out();

  // The entry's sets[0], before it retires.
  void set_early();

  // The entry retires at `done`, or later if the one before does.
  void retire_at(Cycle done);

  Cycle now() const { return agent_.now(); }
  void working(Cause cause) { clock_.change(now(), cause); }
  EventPlace event(const Entry& entry) const;

  Core& core_;
  Shared& shared_;
  Agent agent_;

 private:
  Process retire_in_order();
  bool take_word();
  bool indices_good(const Entry& entry) { return !entry.indexed || check_indices(entry); }
  bool check_indices(const Entry& entry);
  void retire(Entry& entry);
  void make_sets(const Entry& entry);

  struct RetireAwait {
    UnitModel& unit;
    bool await_ready() const;
    void await_suspend(std::coroutine_handle<> process) const;
    void await_resume() const {}
  };

  size_t waiting() const { return entries_.size() - begun_; }
  Entry& front() { return entries_[begun_]; }
  const Entry& front() const { return entries_[begun_]; }

  Unit unit_;
  size_t depth_;
  // In the order of issue: those in flight, the one at work if there is one, the queue.
  Ring<Entry> entries_;
  size_t in_flight_ = 0, begun_ = 0;
  Agent retirer_;
  CauseClock clock_;
  uint64_t issued_ = 0, retired_ = 0;
  Cycle last_done_ = 0;
  bool working_ = false, retiring_ = false;  // the processes have begun
  bool waiting_for_work_ = false, waiting_for_flags_ = false, waiting_for_word_ = false;
  bool waiting_to_retire_ = false;
};

}  // namespace npu
