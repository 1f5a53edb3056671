#include "sim/memory/address_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
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
    const uint64_t weight = weights[field], left = sizes[field] / weight;
    uint64_t values = left;
    if (colon == std::string::npos) {
      complete[field] = true;
    } else {
      const char* end = word->data() + word->size();
      const auto [at, error] = std::from_chars(word->data() + colon + 1, end, values);
      if (error != std::errc() || at != end || values == 0 || field == kRow || left % values != 0)
        return fmt::format("'{}': after the colon stands a number that divides the {} values left",
                           *word, left);
      weights[field] *= values;
      complete[field] = weights[field] == sizes[field];
    }
    const bool last = field == kRow;
    if (last || values != 1)
      digits.push_back({static_cast<Field>(field), Divisor(last ? 1 : values), weight, last});
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
    : channels_(static_cast<uint64_t>(config.all_channels())),
      groups_(static_cast<uint64_t>(config.bank_groups)),
      banks_(static_cast<uint64_t>(config.banks)),
      hash_(config.hash) {
  const std::string problem = parse(config, digits_);
  NPU_ASSERT(problem.empty());
  constexpr uint64_t kMostLow = 256;
  uint64_t count = 1;
  for (const Digit& digit : digits_) {
    const uint64_t more = count * digit.values.value();
    if (digit.last || !std::has_single_bit(more) || more > kMostLow) break;
    count = more;
    ++low_digits_;
  }
  block_mask_ = count - 1;
  low_.resize(count);
  for (uint64_t i = 0; i < count; ++i) add_digits(0, low_digits_, i, low_[i]);
}

void AddressMap::add_digits(size_t from, size_t to, uint64_t number, Fields& fields) const {
  for (size_t i = from; i < to; ++i) {
    const Digit& digit = digits_[i];
    if (digit.last) {
      fields[digit.field] = number;
      break;
    }
    const uint64_t above = digit.values.quotient(number);
    fields[digit.field] += (number - above * digit.values.value()) * digit.weight;
    number = above;
  }
}

AddressMap::Block AddressMap::block_of(uint64_t burst) const {
  Block block{*this, {}};
  add_digits(low_digits_, digits_.size(), burst >> std::popcount(block_mask_), block.above);
  if (hash_) {
    const uint64_t turn = fold(block.above[kRow]);
    block.turn_bank = banks_.remainder(turn);
    block.turn_group = groups_.remainder(banks_.quotient(turn));
    block.turn_channel = channels_.remainder(turn);
  }
  return block;
}

// A rotation by a function of the row alone keeps places distinct.
HbmPlace AddressMap::Block::place(uint64_t burst) const {
  const Fields& low = map.low_[burst & map.block_mask_];
  uint64_t bank = above[kBank] + low[kBank], group = above[kGroup] + low[kGroup],
           channel = above[kChannel] + low[kChannel];
  if (map.hash_) {
    const uint64_t groups = map.groups_.value();
    bank = map.banks_.remainder(bank + turn_bank);
    group = map.groups_.remainder(group + turn_group);
    channel = map.channels_.remainder(channel + turn_channel + bank * groups);
  }
  return {static_cast<uint32_t>(channel), static_cast<uint32_t>(group),
          static_cast<uint32_t>(group * map.banks_.value() + bank), above[kRow],
          static_cast<uint32_t>(above[kColumn] + low[kColumn])};
}

}  // namespace npu
