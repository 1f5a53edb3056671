// One line of assembly text as tokens, and a cursor over them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "isa/assembler/problems.h"

namespace npu::assembler {

struct Token {
  enum class Kind : uint8_t { kWord, kNumber, kString, kPunct, kEnd };
  Kind kind = Kind::kEnd;
  std::string_view text;  // as written; of a string without its quotes, escapes not yet replaced
  size_t column = 0;      // from 0
};

// Throws LineError. Everything behind a ';' outside a string is a comment.
std::vector<Token> tokens_of(std::string_view line);

// The text of a string token with its escapes (\n \t \" \\ \xNN) replaced. Throws LineError.
std::string unescaped(const Token& token);

// The reverse of unescaped, with quotes.
std::string quoted(std::string_view text);

// A name as text can use it: letters, digits, _ and not first a digit.
bool is_word(std::string_view text);

class Cursor {
 public:
  explicit Cursor(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  Token next();
  bool at_end() const { return peek().kind == Token::Kind::kEnd; }
  bool is(std::string_view punct) const {
    return peek().kind == Token::Kind::kPunct && peek().text == punct;
  }
  bool is_name(std::string_view word) const {
    return peek().kind == Token::Kind::kWord && peek().text == word;
  }
  bool accept(std::string_view punct);
  void expect(std::string_view punct, std::string_view where);  // where: "after the address"
  Token word(std::string_view what);        // a name, or throws "expected <what>"
  std::string name(std::string_view what);  // a name or a quoted text
  void expect_end(std::string_view after);
  [[noreturn]] void fail_expected(std::string_view what) const;

  // The column where the line's comment begins, or its end.
  size_t end_column() const { return tokens_.back().column; }
  size_t position() const { return at_; }
  void seek(size_t position) { at_ = position; }

 private:
  std::string shown() const;  // what stands here, for messages

  std::vector<Token> tokens_;  // the last is kEnd
  size_t at_ = 0;
};

}  // namespace npu::assembler
