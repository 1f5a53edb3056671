// How long a vector command takes the unit: its class's rate, in steps of a repeat, and what the
// banks of UB add where its operands meet in them.
#pragma once

#include "isa/instructions/instruction.h"
#include "sim/config/machine.h"

namespace npu {

struct VectorCost {
  uint64_t work = 0;  // cycles, without the head; 0 if an extent is 0
  uint64_t bank = 0;  // cycles more because operands meet in a bank
};

VectorCost vector_cost(const VectorConfig& vector, const Command& command);

}  // namespace npu
