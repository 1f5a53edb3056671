// The expressions behind Int, F32 and Cond: an immutable graph built while a kernel is recorded.
// Nothing is simplified here beyond constants; kernels/kit/lower/values.h does that once the whole
// kernel is known.
#pragma once

#include <cstdint>
#include <memory>

#include "isa/instructions/operands.h"
#include "kernels/kit/scalar.h"

namespace npu::kit {

enum class Op : uint8_t {
  kConst,      // value
  kParameter,  // value: word of the control block, f32 scalars as bits
  kWorkspace,  // value: index of the workspace
  kCsr,        // value: Csr
  kLoop,       // value: loop; its variable
  kCell,       // value: cell as it was at `stamp`
  kDim,        // value: Dim, as it is where the expression is used
  kRead,       // value: a scalar that a Read statement fetched
  kBase,       // value: memory object; its address in its memory
  kAdd,
  kMul,
  kDiv,
  kRem,
  kMin,
  kMax,
  kAnd,
  kOr,
  kXor,
  kCompare,  // value: Compare; 0 or 1
  kFadd,
  kFsub,
  kFmul,
  kFdiv,
  kToF32,
  kToInt,
  kSum,    // only in lower/values.h: factors of other values and a constant
  kClass,  // only there: a cell between two assignments
};

struct Node {
  Op op{};
  int64_t value = 0;
  int64_t stamp = 0;
  Expr a, b;
};

Expr leaf(Op op, int64_t value, int64_t stamp = 0);
Expr node(Op op, const Expr& a, const Expr& b, int64_t value = 0);

inline bool is_const(const Expr& e) { return e->op == Op::kConst; }
inline bool is_const(const Expr& e, int64_t value) { return is_const(e) && e->value == value; }

// The 64-bit result of an operation on two constants as the sequencer computes it; false where it
// would fault.
bool fold(Op op, int64_t kind, int64_t a, int64_t b, int64_t* result);

// a - b
Expr subtract(const Expr& a, const Expr& b);

}  // namespace npu::kit
