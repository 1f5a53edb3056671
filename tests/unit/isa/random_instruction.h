// Random instances of every instruction, for property tests.
#pragma once

#include <random>
#include <vector>

#include "isa/instructions/instruction.h"

namespace npu {

// One instance of each instruction of the ISA, with random legal fields.
std::vector<Instruction> random_instructions(std::mt19937_64& random);

}  // namespace npu
