// Program -> assembly text.
#pragma once

#include <string>

#include "isa/encoding/rules.h"
#include "isa/instructions/instruction.h"
#include "isa/program/program.h"

namespace npu {

// Text that assembles to the same code words and declarations. Where the words came from (the
// source map) is shown as comments; assembling the text gives a source map of its own. Words that
// are no legal instruction of their core appear as .word.
std::string disassemble(const Program& program);

// One instruction without its line break. With a program, texts and the flags of that kind of core
// appear by name; without, by number. Labels appear as L<index>.
std::string to_text(const Instruction& instruction, const Program* program = nullptr,
                    CoreKind core = CoreKind::kCube);

}  // namespace npu
