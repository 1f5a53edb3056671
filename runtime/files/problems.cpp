#include "runtime/files/problems.h"

#include <fmt/format.h>

#include "isa/errors.h"

namespace npu {

std::string problem_line(std::string_view place, std::string_view problem,
                         std::string_view allowed) {
  return fmt::format("{}: {}; allowed: {}", place, problem, allowed);
}

std::string in_quotes(std::string_view text) {
  constexpr size_t kLongest = 60;
  std::string result = "\"";
  for (char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      result += c;
    } else {
      result += fmt::format("\\x{:02x}", byte);
    }
  }
  return result + (text.size() > kLongest ? "\"..." : "\"");
}

void Problems::add(std::string_view place, std::string_view problem, std::string_view allowed) {
  if (!lines_.empty()) lines_ += '\n';
  lines_ += problem_line(place, problem, allowed);
}

void Problems::throw_if_any() const {
  if (!lines_.empty()) throw InputError(lines_);
}

bool Problems::require_range(std::string_view place, std::int64_t value, std::int64_t low,
                             std::int64_t high) {
  if (value >= low && value <= high) return true;
  add(place, fmt::format("{} is out of range", value), fmt::format("{} to {}", low, high));
  return false;
}

}  // namespace npu
