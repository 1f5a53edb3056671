// Everything wrong with one text, collected and then thrown together: for each problem its place,
// what is wrong, what is allowed, the source line and a caret under the column.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace npu {

// The candidate that `word` is most likely a misspelling of; empty if none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

// "; did you mean rows?" for a near miss, else "; allowed: rows, cols", or nothing without
// candidates.
std::string hint(std::string_view word, const std::vector<std::string_view>& candidates);

namespace assembler {

// Abandons what is being read; `column` counts from 0.
struct LineError {
  size_t column;
  std::string text;
};

class Problems {
 public:
  Problems(std::string file, const std::vector<std::string_view>& lines)
      : file_(std::move(file)), lines_(lines) {}

  // `line` counts from 0.
  void add(size_t line, const LineError& error);
  // Throws InputError if there are any: the first ones in order of line, and how many more.
  void throw_if_any();

 private:
  struct Problem {
    size_t line;
    LineError error;
  };
  std::string shown(const Problem& problem) const;

  std::string file_;
  const std::vector<std::string_view>& lines_;
  std::vector<Problem> problems_;
  size_t count_ = 0;
};

}  // namespace assembler
}  // namespace npu
