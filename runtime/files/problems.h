// What is wrong with the input, worded the same way everywhere: `place: problem; allowed: what
// would do`. A file's problems are collected and reported together, so that its author needs one
// round and not many.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace npu {

// One complete line without a line end.
std::string problem_line(std::string_view place, std::string_view problem,
                         std::string_view allowed);

// Text from a file made fit for a message: in quotes, control and non-ASCII bytes as \xNN, cut
// after 60 bytes.
std::string in_quotes(std::string_view text);

class Problems {
 public:
  void add(std::string_view place, std::string_view problem, std::string_view allowed);
  bool empty() const { return lines_.empty(); }
  // Throws one InputError with every line added so far; does nothing if there is none.
  void throw_if_any() const;

  // Adds a problem and returns false unless low <= value <= high.
  bool require_range(std::string_view place, std::int64_t value, std::int64_t low,
                     std::int64_t high);

 private:
  std::string lines_;
};

}  // namespace npu
