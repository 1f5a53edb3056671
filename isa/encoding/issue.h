// What the sequencer asks of any instruction: does it go to a queue, which registers does it read,
// and which command does it become.
#pragma once

#include <array>
#include <cstdint>

#include "isa/instructions/instruction.h"

namespace npu {

using Registers = std::array<uint64_t, kRegisters>;

// Name, opcode, unit and one-line meaning.
const Info& info_of(const Instruction& instruction);
const Info& info_of(const Command& command);

// The unit that carries it out: for set and wait, the one whose queue they join.
Unit unit_of(const Instruction& instruction);
Unit unit_of(const Command& command);

// True if it goes to the queue of a unit, false if the sequencer executes it itself (set.seq and
// wait.seq too).
bool is_queue(const Instruction& instruction);

// The riding waits and sets, or null where the instruction has none.
const Sync* sync_of(const Instruction& instruction);
const Sync* sync_of(const Command& command);

// Bit r is set if the instruction reads register r; r0 is never in it.
uint64_t source_registers(const Instruction& instruction);

// The register the instruction writes, 0 if none.
int destination_register(const Instruction& instruction);

// The command that an instruction with a queue form (set and wait in any unit included) becomes.
// `registers[0]` must be 0. Any other instruction is a bug of the caller: ask is_queue first.
Command issue(const Instruction& instruction, const Registers& registers);
// The same, made in place.
void issue(const Instruction& instruction, const Registers& registers, Command& command);

}  // namespace npu
