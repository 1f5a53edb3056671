// The ISA as data: for every instruction, where each of its fields lies in the word and what it can
// hold. Assembler, disassembler and manual read words through this, without knowing any
// instruction's type.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "isa/encoding/enum_names.h"
#include "isa/program/program.h"

namespace npu {

enum class FieldKind : uint8_t {
  kReg,     // 6 bits
  kEnum,    // element types too
  kBool,    // its name is its word in assembly text
  kRegImm,  // register, then 32 bits of signed immediate
  kImm64,
  kLabel,
  kString,
  kSync,  // wait, wait, set, set: flag and count each
};

struct FieldLayout {
  std::string_view name;
  std::string_view doc;
  FieldKind kind{};
  const EnumInfo* names = nullptr;  // of kEnum
  bool optional = false;            // may be left out of assembly text
  bool result = false;              // a register that the instruction writes
  int bit = 0, bits = 0;
};

struct InstructionLayout {
  Info info;
  std::vector<FieldLayout> fields;
  int used_bits = 0;
  bool queue = false;  // operands by name, and riding waits and sets
};

// All instructions in opcode order.
std::span<const InstructionLayout> isa_layouts();
const InstructionLayout* find_layout(uint8_t opcode);
const InstructionLayout* find_layout(std::string_view name);

// Bits [bit, bit + bits) of a word, at most 64.
uint64_t get_bits(const Word& word, int bit, int bits);
void put_bits(Word& word, int bit, int bits, uint64_t value);

}  // namespace npu
