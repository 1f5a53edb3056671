// The sanitizer: listens to a run and judges every access by happens-before, never by the cycles at
// which things happened to be done. It costs no simulated cycles and changes nothing.
//
// Agents are the units of every core and its sequencer. One access is ordered after another of a
// different agent if a chain of these says so:
// - the sequencer issues a command: what it did before comes before the command;
// - a set (also of a word in GM) is followed by the take that consumes it. A flag's tokens are
// taken
//   in the order in which they were set. With one setter that is exactly what the waiter may
//   conclude; with several, every state in which the wait could have passed holds the tokens that
//   the waiter may rely on, and the one that was seen is such a state: no legal program is
//   reported, and the tokens of a setter that was not waited for order nothing;
// - the first set of an mma or drain with handover, made early, orders that instruction only before
//   an instruction with handover, which follows it tile by tile;
// - await: what the unit has retired comes before what the sequencer does next;
// - the grid barrier; an atomic of a sequencer and the later ones on the same word.
//
// Two atomic accesses (atomic store or drain, setw, waitw, atomic) are never a race with each
// other.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "isa/program/program.h"
#include "sim/check/launch_buffers.h"
#include "sim/check/report.h"
#include "sim/functional/state.h"
#include "sim/timing/observer.h"

namespace npu {

class Checker : public RetireObserver {
 public:
  // `group_state(g)` is asked for the memories of a group while a command of it retires, for index
  // lists. Everything passed must outlive the checker. One checker watches one run.
  Checker(const Limits& limits, Gm& gm, const Program& program, CheckedLaunch launch,
          std::function<GroupState&(int)> group_state);
  ~Checker() override;

  // What was found. Also marks in GM what the run has written, for the checks of later runs.
  CheckReport finish();

  void on_issue(const EventPlace& at, const Command& command) override;
  void on_start(const EventPlace& at, const Command& command) override;
  void on_retire(const EventPlace& at, const Command& command) override;
  void on_flag_set(const EventPlace& at, int32_t target_core, int flag, uint32_t count,
                   bool early) override;
  void on_flag_take(const EventPlace& at, int flag, uint32_t count) override;
  void on_word_set(const EventPlace& at, uint64_t address, uint64_t count) override;
  void on_word_take(const EventPlace& at, uint64_t address, uint64_t count) override;
  void on_scalar(const EventPlace& at, const ScalarAccess& access) override;
  void on_await(const EventPlace& at, Unit unit) override;
  void on_barrier_arrive(const EventPlace& at) override;
  void on_barrier_leave(const EventPlace& at) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace npu
