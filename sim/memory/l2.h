// What L2 holds: tags only, in slices, set-associative, least recently used goes first. It persists
// across runs.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "isa/instructions/operands.h"
#include "sim/config/memory.h"

namespace npu {

class L2Tags {
 public:
  explicit L2Tags(const L2Config& config);

  struct Outcome {
    bool hit = false;
    bool evicted_dirty = false;  // a line had to be written to HBM to make room
    int slice = 0;
    uint64_t evicted = 0;  // that line
  };

  // Touches a line (address divided by the line size); afterwards it is resident.
  Outcome touch(uint64_t line, bool write, Hint hint);

  bool resident(uint64_t line) const;

  // Nothing is resident. Sets are emptied when they are next touched: small launches touch few.
  void clear() { ++present_; }

 private:
  // Tag, dirty bit in bit 0, valid where not 0. The most recent way of a set is first.
  using Way = uint64_t;
  Way* set_of(uint64_t line, uint64_t slice);
  uint64_t index_of(uint64_t line, uint64_t slice) const {
    return slice * sets_ + remainder(mix(line / slices_), sets_);
  }
  // Which slice holds a line: a hash of all of its address.
  uint64_t slice_of(uint64_t line) const {
    return remainder(line ^ (line >> 5) ^ (line >> 10) ^ (line >> 15) ^ (line >> 20), slices_);
  }
  static uint64_t remainder(uint64_t value, uint64_t size) {
    return (size & (size - 1)) == 0 ? value & (size - 1) : value % size;
  }
  // Spreads power-of-two pitches over the sets.
  static uint64_t mix(uint64_t line) { return line ^ (line >> 9) ^ (line >> 21); }
  static Way tag_of(uint64_t line) { return (line + 1) << 1; }

  uint64_t slices_, sets_;  // sets of a slice
  int assoc_;
  std::vector<Way> ways_;
  std::vector<uint32_t> filled_in_;  // of each set: which time between clears
  uint32_t present_ = 0;
};

}  // namespace npu
