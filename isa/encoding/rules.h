// Where an instruction may stand: what is wrong with it whatever its registers hold.
#pragma once

#include <optional>
#include <string>

#include "isa/instructions/instruction.h"

namespace npu {

enum class CoreKind : uint8_t { kCube, kVector };

// "cube core" or "vector core".
const char* core_name(CoreKind core);

// Cube cores have sequencer, load, feed, cube, drain; vector cores sequencer, load, vector, store.
bool has_unit(CoreKind core, Unit unit);

// Why the instruction is illegal on that kind of core, in one sentence: a unit or a memory that the
// core lacks, or an immediate where none is allowed. Empty if it is legal.
std::optional<std::string> misplaced(const Instruction& instruction, CoreKind core);

}  // namespace npu
