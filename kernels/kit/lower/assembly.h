// Instructions with virtual registers, and the allocation of real ones.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "isa/instructions/instruction.h"
#include "kernels/kit/lower/cells.h"

namespace npu::kit {

// Stand for r1, the control block, and r0 among virtual registers.
inline constexpr int kControlRegister = -1;
inline constexpr int kZeroRegister = -2;

// A register operand of `instruction` numbered n stands for registers[n - 1]; 0 is r0.
struct VirtualInstruction {
  Instruction instruction;
  std::vector<int> registers;
  int label = -1;  // where a branch or jump goes
  uint32_t source = 0;
};

// Where a virtual register comes from.
struct VirtualRegister {
  ValueId value = -1;  // a value that can be computed anew, or -1
  double weight = 0;   // how much it is used
  std::string name;    // of the cell, loop or scalar it holds, if it is none
  bool cell = false;
};

struct VirtualCode {
  std::vector<VirtualInstruction> instructions;
  std::vector<VirtualRegister> registers;
  std::vector<int> labels;                 // instruction index of each label
  std::vector<std::pair<int, int>> loops;  // first and last instruction, inner before outer
};

struct Allocation {
  std::vector<uint8_t> numbers;  // by virtual register
  // Where they did not suffice: what was alive there.
  bool failed = false;
  std::vector<int> alive;
};

// r0 and r1 (the control block) are not given away.
Allocation allocate(const VirtualCode& code);

// With real registers and branch targets.
Instruction finished(const VirtualCode& code, const VirtualInstruction& instruction,
                     const Allocation& allocation);

}  // namespace npu::kit
