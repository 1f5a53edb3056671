#include "sim/memory/address_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include "isa/errors.h"

namespace npu {
namespace {

constexpr std::array<const char*, 5> kNames{"row", "bank", "group", "column", "channel"};

// Spreads the bits of a row over the low ones.
uint64_t fold(uint64_t row) { return row ^ (row >> 5) ^ (row >> 11); }

}  // namespace

// Reads the words from the last to the first, lowest bits first; the problem or nothing.
std::string AddressMap::parse(const HbmConfig& config, std::vector<Digit>& digits) {
  const std::array<uint64_t, kFields> sizes{0, static_cast<uint64_t>(config.banks),
                                            static_cast<uint64_t>(config.bank_groups),
                                            static_cast<uint64_t>(config.row / config.burst),
                                            static_cast<uint64_t>(config.all_channels())};
  std::array<uint64_t, kFields> weights{1, 1, 1, 1, 1};
  std::array<bool, kFields> complete{};
  for (size_t field = 1; field < kFields; ++field) complete[field] = sizes[field] == 1;
  std::istringstream text(config.mapping);
  std::vector<std::string> words;
  for (std::string word; text >> word;) words.push_back(word);
  for (auto word = words.rbegin(); word != words.rend(); ++word) {
    const size_t colon = word->find(':');
    const auto name = std::find(kNames.begin(), kNames.end(), word->substr(0, colon));
    if (name == kNames.end())
      return fmt::format("'{}' is no field; there are row, bank, group, column, channel", *word);
    const auto field = static_cast<size_t>(name - kNames.begin());
    if (sizes[field] == 1 && field != kRow && colon == std::string::npos) continue;
    if (complete[field]) return fmt::format("{} has no values left for '{}'", *name, *word);
    if (complete[kRow]) return "row must be the highest field";
    Digit digit{static_cast<Field>(field), 0, weights[field]};
    const uint64_t left = sizes[field] / weights[field];
    if (colon == std::string::npos) {
      digit.values = left;
      complete[field] = true;
    } else {
      const char* end = word->data() + word->size();
      const auto [at, error] = std::from_chars(word->data() + colon + 1, end, digit.values);
      if (error != std::errc() || at != end || digit.values == 0 || field == kRow ||
          left % digit.values != 0)
        return fmt::format("'{}': after the colon stands a number that divides the {} values left",
                           *word, left);
      weights[field] *= digit.values;
      complete[field] = weights[field] == sizes[field];
    }
    if (digit.values != 1) digits.push_back(digit);
  }
  for (size_t field = 0; field < kFields; ++field) {
    if (!complete[field])
      return fmt::format("leaves out {} of {}", sizes[field] / weights[field], kNames[field]);
  }
  return "";
}

std::string mapping_problem(const HbmConfig& config) {
  std::vector<AddressMap::Digit> digits;
  return AddressMap::parse(config, digits);
}

AddressMap::AddressMap(const HbmConfig& config)
    : channels_(static_cast<uint32_t>(config.all_channels())),
      groups_(static_cast<uint32_t>(config.bank_groups)),
      banks_(static_cast<uint32_t>(config.banks)),
      hash_(config.hash) {
  const std::string problem = parse(config, digits_);
  NPU_ASSERT(problem.empty());
}

// A rotation by a function of the row alone keeps places distinct.
HbmPlace AddressMap::place(uint64_t burst) const {
  std::array<uint64_t, kFields> fields{};
  for (const Digit& digit : digits_) {
    if (digit.values == 0) {
      fields[digit.field] = burst;
      break;
    }
    uint64_t value = 0;
    if ((digit.values & (digit.values - 1)) == 0) {
      const int shift = __builtin_ctzll(digit.values);
      value = burst & (digit.values - 1);
      burst >>= shift;
    } else {
      value = burst % digit.values;
      burst /= digit.values;
    }
    fields[digit.field] += value * digit.weight;
  }
  if (hash_) {
    const uint64_t turn = fold(fields[kRow]);
    fields[kBank] = (fields[kBank] + turn) % banks_;
    fields[kGroup] = (fields[kGroup] + turn / banks_) % groups_;
    fields[kChannel] = (fields[kChannel] + turn + fields[kBank] * groups_) % channels_;
  }
  return {static_cast<uint32_t>(fields[kChannel]), static_cast<uint32_t>(fields[kGroup]),
          static_cast<uint32_t>(fields[kGroup] * banks_ + fields[kBank]), fields[kRow],
          static_cast<uint32_t>(fields[kColumn])};
}

}  // namespace npu
