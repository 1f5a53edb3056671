#include "kernels/kit/expr.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace npu::kit {
namespace {

float as_float(int64_t bits) {
  const auto low = static_cast<uint32_t>(bits);
  float value = 0;
  std::memcpy(&value, &low, sizeof value);
  return value;
}

int64_t as_bits(float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

bool compare(Compare how, int64_t a, int64_t b) {
  switch (how) {
    case Compare::kEq:
      return a == b;
    case Compare::kNe:
      return a != b;
    case Compare::kLt:
      return a < b;
    case Compare::kLe:
      return a <= b;
    case Compare::kGt:
      return a > b;
    case Compare::kGe:
      return a >= b;
    case Compare::kLtu:
      return static_cast<uint64_t>(a) < static_cast<uint64_t>(b);
    case Compare::kGeu:
      return static_cast<uint64_t>(a) >= static_cast<uint64_t>(b);
  }
  return false;
}

int64_t wrap(uint64_t value) { return static_cast<int64_t>(value); }

// Integer division as the sequencer does it; the one overflow wraps.
bool divide(Op op, int64_t a, int64_t b, int64_t* result) {
  if (b == 0) return false;
  if (b == -1) {
    *result = op == Op::kDiv ? wrap(-static_cast<uint64_t>(a)) : 0;
  } else {
    *result = op == Op::kDiv ? a / b : a % b;
  }
  return true;
}

bool fold_float(Op op, int64_t a, int64_t b, int64_t* result) {
  switch (op) {
    case Op::kFadd:
      *result = as_bits(as_float(a) + as_float(b));
      return true;
    case Op::kFsub:
      *result = as_bits(as_float(a) - as_float(b));
      return true;
    case Op::kFmul:
      *result = as_bits(as_float(a) * as_float(b));
      return true;
    case Op::kFdiv:
      *result = as_bits(as_float(a) / as_float(b));
      return true;
    case Op::kToF32:
      *result = as_bits(static_cast<float>(a));
      return true;
    case Op::kToInt:
      if (!(std::fabs(as_float(a)) < 9.0e18F)) return false;
      *result = static_cast<int64_t>(as_float(a));
      return true;
    default:
      return false;
  }
}

}  // namespace

bool fold(Op op, int64_t kind, int64_t a, int64_t b, int64_t* result) {
  const auto ua = static_cast<uint64_t>(a), ub = static_cast<uint64_t>(b);
  switch (op) {
    case Op::kAdd:
      *result = wrap(ua + ub);
      return true;
    case Op::kMul:
      *result = wrap(ua * ub);
      return true;
    case Op::kDiv:
    case Op::kRem:
      return divide(op, a, b, result);
    case Op::kMin:
      *result = std::min(a, b);
      return true;
    case Op::kMax:
      *result = std::max(a, b);
      return true;
    case Op::kAnd:
      *result = wrap(ua & ub);
      return true;
    case Op::kOr:
      *result = wrap(ua | ub);
      return true;
    case Op::kXor:
      *result = wrap(ua ^ ub);
      return true;
    case Op::kCompare:
      *result = compare(static_cast<Compare>(kind), a, b) ? 1 : 0;
      return true;
    default:
      return fold_float(op, a, b, result);
  }
}

Expr constant(int64_t value) { return leaf(Op::kConst, value); }

Expr leaf(Op op, int64_t value, int64_t stamp) {
  auto result = std::make_shared<Node>();
  result->op = op;
  result->value = value;
  result->stamp = stamp;
  return result;
}

Expr node(Op op, const Expr& a, const Expr& b, int64_t value) {
  int64_t folded = 0;
  const bool unary = op == Op::kToF32 || op == Op::kToInt;
  if (is_const(a) && (unary || is_const(b)) &&
      fold(op, value, a->value, unary ? 0 : b->value, &folded)) {
    return constant(folded);
  }
  if (op == Op::kAdd && is_const(a, 0)) return b;
  if (op == Op::kAdd && is_const(b, 0)) return a;
  if (op == Op::kMul && is_const(a, 1)) return b;
  if ((op == Op::kMul || op == Op::kDiv) && is_const(b, 1)) return a;
  if (op == Op::kMul && (is_const(a, 0) || is_const(b, 0))) return constant(0);
  auto result = std::make_shared<Node>();
  result->op = op;
  result->value = value;
  result->a = a;
  result->b = b;
  return result;
}

Expr subtract(const Expr& a, const Expr& b) {
  return node(Op::kAdd, a, node(Op::kMul, b, constant(-1)));
}

}  // namespace npu::kit
