// Instruction <-> 128-bit word: the opcode in bits 0..7, then the fields in the order in which the
// instruction lists them, without gaps; the rest is zero.
#pragma once

#include <string>
#include <variant>

#include "isa/instructions/instruction.h"
#include "isa/program/program.h"

namespace npu {

// Every instruction has exactly one word: riding waits and sets with count 0 are dropped and the
// others close up. Registers, flags and counts out of range are bugs of the caller.
Word encode(const Instruction& instruction);

struct DecodeError {
  std::string problem;  // "opcode 0xff names no instruction"
};

// The inverse of encode: refuses every word that encode cannot produce.
std::variant<Instruction, DecodeError> decode(Word word);

}  // namespace npu
