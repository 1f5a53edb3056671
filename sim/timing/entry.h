// A command in the queue of a unit, with what the unit must know beside it.
#pragma once

#include "isa/instructions/instruction.h"
#include "sim/timing/flags.h"
#include "sim/timing/wheel.h"

namespace npu {

// A queue instruction on its way through a unit.
struct Entry {
  enum class Kind : uint8_t { kWork, kFlagsOnly, kSetWord, kWaitWord };
  Command command;
  Cycle ready = 0;  // when the sequencer issued it
  Cycle done = 0;   // when it retires
  uint64_t serial = 0;
  uint64_t order = 0;  // in the core's handover, 0: takes no part
  FlagPair waits{}, sets{};
  uint32_t pc = 0;
  Kind kind = Kind::kWork;
  bool indexed = false;      // reads a list of rows or elements
  bool carried_out = false;  // its effect is there already
};

}  // namespace npu
