// The meaning of every queue instruction: state in, state out, in one step.
#pragma once

#include "isa/instructions/instruction.h"
#include "sim/functional/state.h"

namespace npu {

// Carries out a command that has passed validate and validate_indices. In timing-only only the word
// forms of set and wait do anything. Flags belong to the caller: set, wait and riding counts change
// nothing here; setw adds to its word, waitw subtracts from it once the caller has seen it large
// enough. A write to GM that the host cannot hold is left out: see Gm::exhausted.
void execute(const Place& place, const Command& command);

}  // namespace npu
