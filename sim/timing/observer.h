// What the engine announces while it runs, in the order of simulated time: the sanitizer, traces
// and logs listen to it. Listening costs no simulated cycles.
//
// The order of the calls is the order in which things happen: within a cycle effects, sets and
// takes come in the order in which they were made. All cycles are counted from the start of the
// run.
#pragma once

#include <cstdint>

#include "isa/instructions/instruction.h"

namespace npu {

// Which instruction of which core an event belongs to.
struct EventPlace {
  uint64_t cycle = 0;
  int32_t group = 0;
  int32_t core = 0;  // 0 is the cube core, 1.. the vector cores of the group
  Unit unit{};
  uint32_t pc = 0;      // instruction index in the core's program
  uint64_t serial = 0;  // ordinal of the command in its unit's queue in this run, from 1; 0 for the
                        // sequencer's own instructions
};

// A scalar access of the sequencer to GM or UB, at the moment it takes its value or is carried out.
struct ScalarAccess {
  enum class Kind : uint8_t { kLoad, kStore, kAtomic };
  Kind kind{};
  Mem mem{};
  uint64_t address = 0;
  int bytes = 0;
  // Loads from GM: the value came from the core's data cache, from a line fetched at fetch_cycle.
  bool from_cache = false;
  uint64_t fetch_cycle = 0;
};

class RetireObserver {
 public:
  virtual ~RetireObserver() = default;

  // The sequencer has put the command into a unit's queue. It runs ahead of the units, so the
  // events of other cores may still be at earlier cycles.
  virtual void on_issue(const EventPlace&, const Command&) {}

  // The command has left the queue: its waits are taken (announced before this) and its work
  // begins.
  virtual void on_start(const EventPlace&, const Command&) {}

  // The command is complete. Called right before its effect is carried out; then come its sets. A
  // unit retires in order.
  virtual void on_retire(const EventPlace&, const Command&) {}

  // `count` was added by this place to a flag of core (group, target_core). A group flag set by a
  // cube core gives one event for each vector core. With early, it is the first set of an mma or
  // drain with handover, made when its first sub-tile was ready or read, before it retires.
  virtual void on_flag_set(const EventPlace&, int32_t /*target_core*/, int /*flag*/,
                           uint32_t /*count*/, bool /*early*/) {}

  // `count` was taken from a flag of the place's own core.
  virtual void on_flag_take(const EventPlace&, int /*flag*/, uint32_t /*count*/) {}

  // The same for 8-byte words in GM.
  virtual void on_word_set(const EventPlace&, uint64_t /*address*/, uint64_t /*count*/) {}
  virtual void on_word_take(const EventPlace&, uint64_t /*address*/, uint64_t /*count*/) {}

  virtual void on_scalar(const EventPlace&, const ScalarAccess&) {}

  // A cache instruction; line is the address of the first byte of the line, 0 for all lines.
  virtual void on_cache(const EventPlace&, Cache /*op*/, uint64_t /*line*/) {}

  // The sequencer has seen everything it gave to `unit` retire; kSequencer: to all of its units.
  virtual void on_await(const EventPlace&, Unit /*unit*/) {}

  // A core has reached the grid barrier with all its units finished; and, once all have, it goes
  // on.
  virtual void on_barrier_arrive(const EventPlace&) {}
  virtual void on_barrier_leave(const EventPlace&) {}

  // The core's program has ended with all its units finished.
  virtual void on_halt(const EventPlace&) {}
};

}  // namespace npu
