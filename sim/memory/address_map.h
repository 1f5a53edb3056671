// Where in HBM an address lies: the fields of `memory.hbm.mapping`, from the lowest bits up.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/memory.h"
#include "sim/memory/divisor.h"

namespace npu {

// One burst's place.
struct HbmPlace {
  uint32_t channel = 0;  // of the chip
  uint32_t group = 0;    // of the channel
  uint32_t bank = 0;     // of the channel: group * banks + bank of the group
  uint64_t row = 0;
  uint32_t column = 0;  // burst of the row
};

// What is wrong with a mapping text, or nothing.
std::string mapping_problem(const HbmConfig& config);

class AddressMap {
 public:
  // `config` has no mapping_problem.
  explicit AddressMap(const HbmConfig& config);

  // Of a burst's number: address / burst. Distinct bursts have distinct places.
  HbmPlace place(uint64_t burst) const { return block_of(burst).place(burst); }

  // Calls visit(place) for each burst from `first` up to `end`.
  template <class Visit>
  void each_place(uint64_t first, uint64_t end, const Visit& visit) const {
    while (first < end) {
      const Block block = block_of(first);
      const uint64_t stop = std::min(end, (first | block_mask_) + 1);
      for (; first < stop; ++first) visit(block.place(first));
    }
  }

 private:
  enum Field : uint8_t { kRow, kBank, kGroup, kColumn, kChannel };
  static constexpr size_t kFields = 5;
  using Fields = std::array<uint64_t, kFields>;
  // Digits of the burst's number in mixed radix, lowest first: `digit * weight` adds to the field.
  struct Digit {
    Field field = kRow;
    Divisor values{1};
    uint64_t weight = 1;
    bool last = false;  // all that is left
  };
  friend std::string mapping_problem(const HbmConfig& config);
  static std::string parse(const HbmConfig& config, std::vector<Digit>& digits);
  void add_digits(size_t from, size_t to, uint64_t number, Fields& fields) const;

  // Bursts whose numbers differ in their low bits alone: the digits above are looked at once.
  struct Block {
    const AddressMap& map;
    Fields above;
    uint64_t turn_bank = 0, turn_group = 0, turn_channel = 0;  // what the hash adds
    HbmPlace place(uint64_t burst) const;
  };
  Block block_of(uint64_t burst) const;

  Divisor channels_, groups_, banks_;
  bool hash_;
  std::vector<Digit> digits_;
  size_t low_digits_ = 0;    // those that the low bits make up
  uint64_t block_mask_ = 0;  // of those bits
  std::vector<Fields> low_;  // what each number of them adds
};

}  // namespace npu
