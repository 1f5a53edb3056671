// Where in HBM an address lies: the fields of `memory.hbm.mapping`, from the lowest bits up.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/config/memory.h"

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
  HbmPlace place(uint64_t burst) const;

 private:
  enum Field : uint8_t { kRow, kBank, kGroup, kColumn, kChannel };
  static constexpr size_t kFields = 5;
  // Digits of the burst's number in mixed radix, lowest first: `digit * weight` adds to the field.
  struct Digit {
    Field field = kRow;
    uint64_t values = 0;  // 0: all that is left
    uint64_t weight = 1;
  };
  friend std::string mapping_problem(const HbmConfig& config);
  static std::string parse(const HbmConfig& config, std::vector<Digit>& digits);

  uint32_t channels_, groups_, banks_;
  bool hash_;
  std::vector<Digit> digits_;
};

}  // namespace npu
