// Integer expressions of assembly text: numbers, constants, + - * / % << >> & | ^ ~, parentheses,
// and the functions @name (a parameter's byte offset in the control block), flag(name), f32(1.5).
#pragma once

#include "isa/assembler/lexer.h"
#include "isa/assembler/symbols.h"

namespace npu::assembler {

class Expression {
 public:
  Expression(Cursor& cursor, const Symbols& symbols, const SectionSymbols* section)
      : cursor_(cursor), symbols_(symbols), section_(section) {}

  // All of these throw LineError. A whole expression, in [low, high].
  Int128 value(Int128 low, Int128 high);
  // One number, name or parenthesis, in [low, high].
  Int128 atom(Int128 low, Int128 high);
  // Zero or more `+ term` and `- term`: what may follow a register.
  Int128 offset(Int128 low, Int128 high);
  // A register by number or alias.
  uint8_t reg();
  bool at_register() const;

 private:
  Int128 binary(int level);
  Int128 unary();
  Int128 primary();
  Int128 named(const Token& name);
  Int128 f32_bits();
  Int128 checked(Int128 value, size_t column, Int128 low, Int128 high) const;

  Cursor& cursor_;
  const Symbols& symbols_;
  const SectionSymbols* section_;  // whose flags flag(name) means; null outside a section
  int depth_ = 0;
};

// The range of 64-bit words: a negative number is its two's complement.
inline constexpr Int128 kLowest64 = -(Int128{1} << 63);
inline constexpr Int128 kHighest64 = (Int128{1} << 64) - 1;

}  // namespace npu::assembler
