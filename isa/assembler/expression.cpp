#include "isa/assembler/expression.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

namespace npu::assembler {
namespace {

constexpr int kDeepest = 64;

std::string text_of(Int128 value) {
  if (value == 0) return "0";
  const bool negative = value < 0;
  std::string digits;
  for (Int128 rest = value; rest != 0; rest /= 10) {
    const int digit = static_cast<int>(rest % 10);
    digits += static_cast<char>('0' + (digit < 0 ? -digit : digit));
  }
  if (negative) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

Int128 integer_of(const Token& token) {
  std::string_view digits = token.text;
  int base = 10;
  if (digits.starts_with("0x")) base = 16;
  if (digits.starts_with("0b")) base = 2;
  if (base != 10) digits.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error == std::errc::result_out_of_range) {
    throw LineError{token.column, "the number is too large; allowed: below 2 to the 64"};
  }
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    throw LineError{token.column, std::string(token.text.substr(0, 40)) +
                                      " is no integer; allowed: 12, 0x1f, 0b101"};
  }
  return value;
}

struct Operator {
  std::string_view text;
  int level;  // higher binds tighter
};
constexpr std::array<Operator, 10> kOperators = {{{"|", 0},
                                                  {"^", 1},
                                                  {"&", 2},
                                                  {"<<", 3},
                                                  {">>", 3},
                                                  {"+", 4},
                                                  {"-", 4},
                                                  {"*", 5},
                                                  {"/", 5},
                                                  {"%", 5}}};
constexpr int kProductLevel = 5;

const Operator* operator_at(const Cursor& cursor, int level) {
  const auto found = std::find_if(kOperators.begin(), kOperators.end(), [&](const Operator& op) {
    return op.level == level && cursor.is(op.text);
  });
  return found == kOperators.end() ? nullptr : &*found;
}

Int128 apply(const Token& op, Int128 a, Int128 b) {
  const char c = op.text[0];
  Int128 result = 0;
  bool overflow = false;
  if (c == '|') result = a | b;
  if (c == '^') result = a ^ b;
  if (c == '&') result = a & b;
  if (c == '+') result = a + b;
  if (c == '-') result = a - b;
  if (c == '*') overflow = __builtin_mul_overflow(a, b, &result);
  if (c == '<' || c == '>') {
    if (b < 0 || b > 63) throw LineError{op.column, "a shift is by 0 to 63"};
    result = c == '>' ? a >> static_cast<int>(b) : a * (Int128{1} << static_cast<int>(b));
    overflow = c == '<' && (a > kHighest64 || a < kLowest64);
  }
  if (c == '/' || c == '%') {
    if (b == 0) throw LineError{op.column, "division by zero"};
    result = c == '/' ? a / b : a % b;
  }
  if (overflow || result < kLowest64 || result > kHighest64) {
    throw LineError{op.column, "the result does not fit in 64 bits"};
  }
  return result;
}

}  // namespace

int register_number(std::string_view word) {
  if (word.size() < 2 || word.size() > 4 || word[0] != 'r') return -1;
  int number = 0;
  const auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), number);
  return error == std::errc{} && end == word.data() + word.size() && number >= 0 ? number : -1;
}

Int128 Expression::checked(Int128 value, size_t column, Int128 low, Int128 high) const {
  if (value < low || value > high) {
    throw LineError{column, text_of(value) + " is out of range; allowed: " + text_of(low) + " to " +
                                text_of(high)};
  }
  return value;
}

Int128 Expression::value(Int128 low, Int128 high) {
  const size_t column = cursor_.peek().column;
  return checked(binary(0), column, low, high);
}

Int128 Expression::atom(Int128 low, Int128 high) {
  const size_t column = cursor_.peek().column;
  return checked(primary(), column, low, high);
}

Int128 Expression::offset(Int128 low, Int128 high) {
  const size_t column = cursor_.peek().column;
  Int128 total = 0;
  while (cursor_.is("+") || cursor_.is("-")) {
    const Token sign = cursor_.next();
    total = apply(sign, total, binary(kProductLevel));
  }
  return checked(total, column, low, high);
}

bool Expression::at_register() const {
  const Token& token = cursor_.peek();
  return token.kind == Token::Kind::kWord &&
         (register_number(token.text) >= 0 || symbols_.registers.count(token.text) != 0);
}

uint8_t Expression::reg() {
  constexpr std::string_view kWhat = "a register (r0 to r63 or a name from .reg)";
  if (cursor_.peek().kind != Token::Kind::kWord) cursor_.fail_expected(kWhat);
  const Token token = cursor_.next();
  if (const auto alias = symbols_.registers.find(token.text); alias != symbols_.registers.end()) {
    return alias->second;
  }
  const int number = register_number(token.text);
  if (number >= kRegisters) {
    throw LineError{token.column,
                    std::string(token.text) + ": no such register; allowed: r0 to r63"};
  }
  if (number < 0) {
    const std::string_view near = nearest(token.text, names_of(symbols_.registers));
    throw LineError{token.column, std::string(token.text) + " is no register; " +
                                      (near.empty() ? "allowed: r0 to r63 or a name from .reg"
                                                    : "did you mean " + std::string(near) + "?")};
  }
  return static_cast<uint8_t>(number);
}

Int128 Expression::binary(int level) {
  if (level > kProductLevel) return unary();
  Int128 left = binary(level + 1);
  while (operator_at(cursor_, level) != nullptr) {
    const Token op = cursor_.next();
    left = apply(op, left, binary(level + 1));
  }
  return left;
}

Int128 Expression::unary() {
  const Token op = cursor_.peek();
  if (!cursor_.is("-") && !cursor_.is("~")) return primary();
  if (++depth_ > kDeepest) throw LineError{op.column, "the expression is nested too deeply"};
  cursor_.next();
  const Int128 operand = unary();
  --depth_;
  return op.text == "~" ? ~operand : checked(-operand, op.column, kLowest64, kHighest64);
}

Int128 Expression::primary() {
  const Token token = cursor_.peek();
  if (token.kind == Token::Kind::kNumber) return integer_of(cursor_.next());
  if (token.kind == Token::Kind::kWord) return named(cursor_.next());
  if (cursor_.accept("@")) {
    const size_t column = cursor_.peek().column;
    const std::string name = cursor_.name("the name of a parameter or workspace after @");
    const auto found = symbols_.control_words.find(name);
    if (found != symbols_.control_words.end()) return found->second;
    throw LineError{column, name + ": unknown parameter or workspace" +
                                hint(name, names_of(symbols_.control_words))};
  }
  if (cursor_.accept("(")) {
    if (++depth_ > kDeepest) throw LineError{token.column, "the expression is nested too deeply"};
    const Int128 inner = binary(0);
    --depth_;
    cursor_.expect(")", "after the expression");
    return inner;
  }
  cursor_.fail_expected("a number or a constant");
}

Int128 Expression::named(const Token& name) {
  if (name.text == "f32" && cursor_.is("(")) return f32_bits();
  if (name.text == "flag" && cursor_.is("(")) {
    if (section_ == nullptr) throw LineError{name.column, "flag() needs .cube or .vector before"};
    cursor_.next();
    const Token flag = cursor_.word("the name of a flag");
    const auto found = section_->flags.find(flag.text);
    if (found == section_->flags.end()) {
      throw LineError{flag.column, std::string(flag.text) + ": unknown flag" +
                                       hint(flag.text, names_of(section_->flags))};
    }
    cursor_.expect(")", "after the flag");
    return found->second;
  }
  const auto found = symbols_.constants.find(name.text);
  if (found != symbols_.constants.end()) return found->second;
  if (register_number(name.text) >= 0) {
    throw LineError{name.column,
                    std::string(name.text) + " is a register; only a number can stand here"};
  }
  throw LineError{name.column, std::string(name.text) + ": unknown constant" +
                                   hint(name.text, names_of(symbols_.constants))};
}

// f32(x) is the bits of x as an f32.
Int128 Expression::f32_bits() {
  cursor_.expect("(", "after f32");
  const bool negative = cursor_.accept("-");
  const Token number = cursor_.next();
  float value = 0;
  const char* const end = number.text.data() + number.text.size();
  const bool starts_well = number.kind == Token::Kind::kNumber || number.text == "inf";
  const auto [stop, error] = starts_well ? std::from_chars(number.text.data(), end, value)
                                         : std::from_chars_result{nullptr, std::errc{}};
  if (!starts_well || stop != end || error != std::errc{}) {
    throw LineError{number.column, "expected an f32 value such as 1.5, 1e-6 or inf"};
  }
  cursor_.expect(")", "after the value");
  return std::bit_cast<uint32_t>(negative ? -value : value);
}

}  // namespace npu::assembler
