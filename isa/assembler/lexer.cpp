#include "isa/assembler/lexer.h"

#include <algorithm>

#include "isa/program/program.h"

namespace npu::assembler {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_alnum(char c) { return is_letter(c) || is_digit(c); }

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string hex_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return {kHexDigits[byte >> 4], kHexDigits[byte & 15]};
}

size_t end_of_string(std::string_view line, size_t quote) {
  for (size_t i = quote + 1; i < line.size(); ++i) {
    if (line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      return i;
    }
  }
  throw LineError{quote, "a text without its closing quote"};
}

// Letters, digits and points; the sign of a decimal exponent too: 1.5e-3.
size_t end_of_number(std::string_view line, size_t begin) {
  const bool hex = line.substr(begin).starts_with("0x");
  size_t end = begin;
  while (end < line.size()) {
    const bool exponent_sign = (line[end] == '+' || line[end] == '-') && !hex &&
                               (line[end - 1] == 'e' || line[end - 1] == 'E');
    if (!is_alnum(line[end]) && line[end] != '.' && !exponent_sign) break;
    ++end;
  }
  return end;
}

Token token_at(std::string_view line, size_t i) {
  const char c = line[i];
  if (is_letter(c)) {
    size_t end = i;
    while (end < line.size() && is_alnum(line[end])) ++end;
    return {Token::Kind::kWord, line.substr(i, end - i), i};
  }
  if (is_digit(c)) {
    return {Token::Kind::kNumber, line.substr(i, end_of_number(line, i) - i), i};
  }
  if (c == '"') {
    const size_t end = end_of_string(line, i);
    return {Token::Kind::kString, line.substr(i + 1, end - i - 1), i};
  }
  const std::string_view two = line.substr(i, 2);
  if (two == "<<" || two == ">>") return {Token::Kind::kPunct, two, i};
  if (std::string_view(".,:=+-*/%&|^~()[]@#").find(c) != std::string_view::npos) {
    return {Token::Kind::kPunct, line.substr(i, 1), i};
  }
  throw LineError{i, c > 32 && c < 127
                         ? std::string("the character ") + c + " has no meaning here"
                         : "byte 0x" + hex_byte(c) + " has no meaning here; allowed: ASCII text"};
}

}  // namespace

std::vector<Token> tokens_of(std::string_view line) {
  std::vector<Token> tokens;
  size_t i = 0;
  while (i < line.size() && line[i] != ';') {
    if (line[i] == ' ' || line[i] == '\t' || line[i] == '\r') {
      ++i;
      continue;
    }
    tokens.push_back(token_at(line, i));
    const size_t quotes = tokens.back().kind == Token::Kind::kString ? 2 : 0;
    i += tokens.back().text.size() + quotes;
  }
  tokens.push_back({Token::Kind::kEnd, {}, i});
  return tokens;
}

std::string unescaped(const Token& token) {
  std::string text;
  for (size_t i = 0; i < token.text.size(); ++i) {
    if (token.text[i] != '\\') {
      text += token.text[i];
      continue;
    }
    const size_t column = token.column + 1 + i;
    const char escape = i + 1 < token.text.size() ? token.text[++i] : ' ';
    if (escape == 'n') {
      text += '\n';
    } else if (escape == 't') {
      text += '\t';
    } else if (escape == '"' || escape == '\\') {
      text += escape;
    } else if (escape == 'x' && i + 2 < token.text.size()) {
      const size_t high = kHexDigits.find(token.text[i + 1]);
      const size_t low = kHexDigits.find(token.text[i + 2]);
      if (high > 15 || low > 15) throw LineError{column, "expected two digits 0-9a-f after \\x"};
      text += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      throw LineError{column, R"(unknown escape; allowed: \n, \t, \", \\, \xNN)"};
    }
  }
  if (text.size() > kMaxTextBytes) {
    throw LineError{token.column, "a text of " + std::to_string(text.size()) +
                                      " bytes; allowed: up to " + std::to_string(kMaxTextBytes)};
  }
  return text;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (byte < 32 || byte == 127) {
      result += "\\x" + hex_byte(c);
    } else {
      result += c;
    }
  }
  return result + "\"";
}

bool is_word(std::string_view text) {
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), is_alnum);
}

Token Cursor::next() {
  const Token token = peek();
  if (at_ + 1 < tokens_.size()) ++at_;
  return token;
}

bool Cursor::accept(std::string_view punct) {
  if (!is(punct)) return false;
  next();
  return true;
}

std::string Cursor::shown() const {
  const Token& token = peek();
  if (token.kind == Token::Kind::kEnd) return "the end of the line";
  if (token.kind == Token::Kind::kString) return "a text";
  return token.text.size() > 40 ? std::string(token.text.substr(0, 40)) + "..."
                                : std::string(token.text);
}

void Cursor::fail_expected(std::string_view what) const {
  throw LineError{peek().column, "expected " + std::string(what) + ", found " + shown()};
}

void Cursor::expect(std::string_view punct, std::string_view where) {
  if (!accept(punct)) fail_expected(std::string(punct) + " " + std::string(where));
}

Token Cursor::word(std::string_view what) {
  if (peek().kind != Token::Kind::kWord) fail_expected(what);
  return next();
}

std::string Cursor::name(std::string_view what) {
  if (peek().kind == Token::Kind::kString) return unescaped(next());
  return std::string(word(what).text);
}

void Cursor::expect_end(std::string_view after) {
  if (!at_end()) {
    throw LineError{peek().column, shown() + ": nothing more can follow " + std::string(after)};
  }
}

}  // namespace npu::assembler
