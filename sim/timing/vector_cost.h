// How long a vector command takes the unit, from the machine's table of rates.
#pragma once

#include "isa/instructions/instruction.h"
#include "sim/config/machine.h"

namespace npu {

// Cycles of work, without the head; 0 if an extent is 0.
uint64_t vector_cycles(const VectorConfig& vector, const Command& command);

}  // namespace npu
