// Recipes: how the sequencer computes a value, in one instruction, from others.
#pragma once

#include <vector>

#include "kernels/kit/lower/cells.h"

namespace npu::kit {

// d = OP(a, b + imm); a or b of -1 is r0.
struct Recipe {
  enum class Kind : uint8_t {
    kLi,         // imm
    kMove,       // a, which is a cell, a loop's variable or a read scalar
    kParameter,  // imm: word of the control block
    kCsr,        // imm: Csr
    kAdd,
    kSub,
    kMul,
    kDiv,
    kRem,
    kMin,
    kMax,
    kAnd,
    kOr,
    kXor,
    kShl,
    kSar,
    kCompare,  // how
    kFadd,
    kFsub,
    kFmul,
    kFdiv,
    kToF32,
    kToInt,
  };
  Kind kind{};
  ValueId a = -1, b = -1;
  int64_t imm = 0;
  Compare how{};
};

// Values that live in a register of their own from the start: nothing is computed for them.
bool is_register(const Value& value);

// The recipe of any value but 0.
Recipe recipe_of(Resolver& resolver, ValueId id, int parameters);

// True for a division that could fault: it stays where it was written.
bool may_fault(const Resolver& resolver, ValueId id);

}  // namespace npu::kit
