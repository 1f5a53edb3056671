#include "sim/memory/stimulus.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "isa/chip_address.h"
#include "isa/errors.h"

namespace npu {
namespace {

// Multiplication and shifts, as splitmix64 does it: every bit of the count reaches every bit.
uint64_t scatter(uint64_t count) {
  uint64_t bits = (count + 1) * 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

template <class Number>
bool number_from(std::string text, Number& value) {
  if constexpr (std::is_integral_v<Number>) {
    const bool hex = text.rfind("0x", 0) == 0;
    if (hex) text = text.substr(2);
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
  } else {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  }
}

// What is wrong with one line of a trace, or nothing.
std::string trace_problem(const std::vector<std::string>& words, MemoryAccess& access) {
  constexpr uint64_t kMostBytes = 1 << 20;
  constexpr double kMostNanoseconds = 1e9;
  if (words.size() < 3 || words.size() > 4 || (words[0] != "read" && words[0] != "write"))
    return "is no access; allowed: read|write ADDRESS BYTES [NANOSECONDS]";
  access.write = words[0] == "write";
  if (!number_from(words[1], access.address) || access.address >> kChipShift != 0)
    return fmt::format("address '{}'; allowed: a number below 2^{}, decimal or 0x...", words[1],
                       kChipShift);
  if (!number_from(words[2], access.bytes) || access.bytes == 0 || access.bytes > kMostBytes)
    return fmt::format("bytes '{}'; allowed: a whole number from 1 to {}", words[2], kMostBytes);
  if (words.size() == 4 && (!number_from(words[3], access.from_ns) || !(access.from_ns >= 0) ||
                            !(access.from_ns <= kMostNanoseconds)))
    return fmt::format("time '{}'; allowed: nanoseconds from 0 to 1e9", words[3]);
  return "";
}

}  // namespace

std::vector<MemoryAccess> strided_accesses(const StimulusOptions& o) {
  std::vector<MemoryAccess> accesses;
  for (uint64_t i = 0; i < o.accesses; ++i)
    accesses.push_back({i * o.stride % o.memory, o.bytes, false, 0});
  return accesses;
}

std::vector<MemoryAccess> stream_accesses(const StimulusOptions& options) {
  StimulusOptions dense = options;
  dense.stride = options.bytes;
  return strided_accesses(dense);
}

std::vector<MemoryAccess> random_accesses(const StimulusOptions& o) {
  std::vector<MemoryAccess> accesses;
  const uint64_t places = std::max<uint64_t>(1, o.memory / o.bytes);
  for (uint64_t i = 0; i < o.accesses; ++i)
    accesses.push_back({scatter(i) % places * o.bytes, o.bytes, false, 0});
  return accesses;
}

std::vector<MemoryAccess> mixed_accesses(const StimulusOptions& o) {
  std::vector<MemoryAccess> accesses;
  uint64_t reads = 0, writes = 0;
  const uint64_t half = o.memory / 2;
  for (uint64_t i = 0; i < o.accesses; ++i) {
    const bool write =
        static_cast<double>(writes) < o.write_share * static_cast<double>(i + 1) - 0.5;
    uint64_t& count = write ? writes : reads;
    accesses.push_back({(write ? half : 0) + count * o.bytes % half, o.bytes, write, 0});
    ++count;
  }
  return accesses;
}

std::vector<MemoryAccess> parse_trace(const std::string& text, const std::string& name) {
  std::vector<MemoryAccess> accesses;
  std::string problems;
  std::istringstream lines(text);
  size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    std::istringstream fields(line.substr(0, line.find('#')));
    std::vector<std::string> words;
    for (std::string word; fields >> word;) words.push_back(word);
    if (words.empty()) continue;
    MemoryAccess access;
    const std::string problem = trace_problem(words, access);
    if (problem.empty()) {
      accesses.push_back(access);
    } else {
      problems += fmt::format("{}{}:{}: {}", problems.empty() ? "" : "\n", name, number, problem);
    }
  }
  if (!problems.empty()) throw InputError(problems);
  if (accesses.empty())
    throw InputError(name + ":1: no access; allowed: read|write ADDRESS BYTES [NANOSECONDS]");
  return accesses;
}

}  // namespace npu
