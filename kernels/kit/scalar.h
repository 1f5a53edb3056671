// Scalars of a kernel: Int (64-bit), F32 and Cond. They are expressions, recorded once and computed
// by the sequencers of the cores that need them, or constants when everything in them is known at
// build time.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "kernels/kit/where.h"

namespace npu {

namespace kit {
struct Node;
class Recorder;
using Expr = std::shared_ptr<const Node>;
Expr constant(int64_t value);
}  // namespace kit

// The most negative finite f32, the neutral element of a maximum. Saturates in narrower types.
inline constexpr float kLowest = -3.4028234663852886e38F;

// A 64-bit integer. Arithmetic wraps; / and % round toward zero and fault on a zero divisor.
class Int {
 public:
  Int() : Int(0) {}
  template <std::integral T>
  Int(T value) : expr_(kit::constant(static_cast<int64_t>(value))) {}  // NOLINT: implicit
  explicit Int(kit::Expr expr) : expr_(std::move(expr)) {}

  const kit::Expr& expr() const { return expr_; }
  // The value if it is known at build time.
  std::optional<int64_t> known() const;

 private:
  kit::Expr expr_;
};

Int operator+(const Int& a, const Int& b);
Int operator-(const Int& a, const Int& b);
Int operator*(const Int& a, const Int& b);
Int operator/(const Int& a, const Int& b);
Int operator%(const Int& a, const Int& b);
Int operator-(const Int& a);
Int min(const Int& a, const Int& b);
Int max(const Int& a, const Int& b);
// a / b rounded up; a >= 0, b > 0.
Int ceil_div(const Int& a, const Int& b);
// a rounded up to a multiple of b; a >= 0, b > 0.
Int round_up(const Int& a, const Int& b);

// A condition for `Kernel::when`.
class Cond {
 public:
  explicit Cond(kit::Expr expr) : expr_(std::move(expr)) {}
  const kit::Expr& expr() const { return expr_; }

 private:
  kit::Expr expr_;
};

Cond operator<(const Int& a, const Int& b);
Cond operator<=(const Int& a, const Int& b);
Cond operator>(const Int& a, const Int& b);
Cond operator>=(const Int& a, const Int& b);
Cond operator==(const Int& a, const Int& b);
Cond operator!=(const Int& a, const Int& b);
Cond operator&&(const Cond& a, const Cond& b);
Cond operator||(const Cond& a, const Cond& b);
Cond operator!(const Cond& a);

// A number in f32, as the sequencer holds it: the operand of a vector verb or of drain's scale.
class F32 {
 public:
  F32() : F32(0.0F) {}
  template <std::floating_point T>
  F32(T value) : F32(from_float(static_cast<float>(value))) {}  // NOLINT: implicit
  template <std::integral T>
  F32(T value) : F32(from_float(static_cast<float>(value))) {}  // NOLINT: implicit
  explicit F32(kit::Expr bits) : bits_(std::move(bits)) {}

  const kit::Expr& bits() const { return bits_; }
  std::optional<float> known() const;

 private:
  static F32 from_float(float value);
  kit::Expr bits_;
};

F32 operator+(const F32& a, const F32& b);
F32 operator-(const F32& a, const F32& b);
F32 operator*(const F32& a, const F32& b);
F32 operator/(const F32& a, const F32& b);
F32 to_f32(const Int& a);
// Toward zero.
Int to_int(const F32& a);

// What `Kernel::read` gives: an Int or an F32, by the type of the tensor. Becoming the other one is
// an InputError.
class Scalar {
 public:
  Scalar(kit::Expr expr, bool is_float, std::string name)
      : expr_(std::move(expr)), is_float_(is_float), name_(std::move(name)) {}
  operator Int() const;  // NOLINT: implicit
  operator F32() const;  // NOLINT: implicit
  bool is_float() const { return is_float_; }
  const kit::Expr& expr() const { return expr_; }

 private:
  kit::Expr expr_;
  bool is_float_;
  std::string name_;
};

// The only mutable scalar: `Var n = k.var(0); n += 3;`. An Int made from it keeps the value it had
// at that moment.
class Var {
 public:
  Var(kit::Recorder* recorder, int cell) : recorder_(recorder), cell_(cell) {}
  Var(const Var&) = delete;
  Var& operator=(const Var&) = delete;
  Var& operator=(const Int& value);
  Var& operator+=(const Int& value);
  Var& operator-=(const Int& value);
  operator Int() const;  // NOLINT: implicit

 private:
  kit::Recorder* recorder_;
  int cell_;
};

}  // namespace npu
