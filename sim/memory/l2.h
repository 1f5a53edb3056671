// What L2 holds: tags only, set-associative, least recently used goes first. It persists across
// runs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "isa/instructions/operands.h"

namespace npu {

class L2Tags {
 public:
  L2Tags(int64_t bytes, int line, int ways);

  struct Outcome {
    bool hit = false;
    bool evicted_dirty = false;  // a line had to be written to HBM to make room
  };

  // Touches a line (address divided by the line size); afterwards it is resident.
  Outcome touch(uint64_t line, bool write, Hint hint);

  bool resident(uint64_t line) const;

  // Nothing is resident. Sets are emptied when they are next touched: small launches touch few.
  void clear() { ++present_; }

 private:
  // Tag, dirty bit in bit 0, valid where not 0. The most recent way of a set is first.
  using Way = uint64_t;
  Way* set_of(uint64_t line);
  uint64_t index_of(uint64_t line) const {
    const uint64_t mixed = mix(line);
    return (sets_ & (sets_ - 1)) == 0 ? mixed & (sets_ - 1) : mixed % sets_;
  }
  // Spreads power-of-two pitches over the sets.
  static uint64_t mix(uint64_t line) { return line ^ (line >> 9) ^ (line >> 21); }
  static Way tag_of(uint64_t line) { return (line + 1) << 1; }

  uint64_t sets_;
  int assoc_;
  std::vector<Way> ways_;
  std::vector<uint32_t> filled_in_;  // of each set: which time between clears
  uint32_t present_ = 0;
};

}  // namespace npu
