#include "kernels/kit/scalar.h"

#include <cstring>

#include "isa/errors.h"
#include "kernels/kit/expr.h"
#include "kernels/kit/recorder.h"

namespace npu {

using kit::node;
using kit::Op;

std::optional<int64_t> Int::known() const {
  if (!kit::is_const(expr_)) return std::nullopt;
  return expr_->value;
}

Int operator+(const Int& a, const Int& b) { return Int(node(Op::kAdd, a.expr(), b.expr())); }
Int operator-(const Int& a, const Int& b) { return Int(kit::subtract(a.expr(), b.expr())); }
Int operator*(const Int& a, const Int& b) { return Int(node(Op::kMul, a.expr(), b.expr())); }
Int operator/(const Int& a, const Int& b) { return Int(node(Op::kDiv, a.expr(), b.expr())); }
Int operator%(const Int& a, const Int& b) { return Int(node(Op::kRem, a.expr(), b.expr())); }
Int operator-(const Int& a) { return Int(0) - a; }
Int min(const Int& a, const Int& b) { return Int(node(Op::kMin, a.expr(), b.expr())); }
Int max(const Int& a, const Int& b) { return Int(node(Op::kMax, a.expr(), b.expr())); }
Int ceil_div(const Int& a, const Int& b) { return (a + b - 1) / b; }
Int round_up(const Int& a, const Int& b) { return ceil_div(a, b) * b; }

namespace {

Cond compare(Compare how, const Int& a, const Int& b) {
  return Cond(node(Op::kCompare, a.expr(), b.expr(), static_cast<int64_t>(how)));
}

F32 arithmetic(Op op, const F32& a, const F32& b) { return F32(node(op, a.bits(), b.bits())); }

}  // namespace

Cond operator<(const Int& a, const Int& b) { return compare(Compare::kLt, a, b); }
Cond operator<=(const Int& a, const Int& b) { return compare(Compare::kLe, a, b); }
Cond operator>(const Int& a, const Int& b) { return compare(Compare::kGt, a, b); }
Cond operator>=(const Int& a, const Int& b) { return compare(Compare::kGe, a, b); }
Cond operator==(const Int& a, const Int& b) { return compare(Compare::kEq, a, b); }
Cond operator!=(const Int& a, const Int& b) { return compare(Compare::kNe, a, b); }
Cond operator&&(const Cond& a, const Cond& b) { return Cond(node(Op::kAnd, a.expr(), b.expr())); }
Cond operator||(const Cond& a, const Cond& b) { return Cond(node(Op::kOr, a.expr(), b.expr())); }
Cond operator!(const Cond& a) { return Cond(node(Op::kXor, a.expr(), kit::constant(1))); }

F32 F32::from_float(float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return F32(kit::constant(bits));
}

std::optional<float> F32::known() const {
  if (!kit::is_const(bits_)) return std::nullopt;
  const auto bits = static_cast<uint32_t>(bits_->value);
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

F32 operator+(const F32& a, const F32& b) { return arithmetic(Op::kFadd, a, b); }
F32 operator-(const F32& a, const F32& b) { return arithmetic(Op::kFsub, a, b); }
F32 operator*(const F32& a, const F32& b) { return arithmetic(Op::kFmul, a, b); }
F32 operator/(const F32& a, const F32& b) { return arithmetic(Op::kFdiv, a, b); }
F32 to_f32(const Int& a) { return F32(node(Op::kToF32, a.expr(), nullptr)); }
Int to_int(const F32& a) { return Int(node(Op::kToInt, a.bits(), nullptr)); }

Scalar::operator Int() const {
  if (is_float_) throw InputError(name_ + " holds f32 numbers; it cannot become an Int");
  return Int(expr_);
}

Scalar::operator F32() const {
  if (!is_float_) throw InputError(name_ + " holds integers; make it an F32 with to_f32");
  return F32(expr_);
}

Var& Var::operator=(const Int& value) {
  recorder_->assign(cell_, value.expr());
  return *this;
}
Var& Var::operator+=(const Int& value) { return *this = Int(*this) + value; }
Var& Var::operator-=(const Int& value) { return *this = Int(*this) - value; }
Var::operator Int() const { return Int(recorder_->read_cell(cell_)); }

}  // namespace npu
