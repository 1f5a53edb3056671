// What L2 holds: tags only, in slices, set-associative, least recently used goes first. It persists
// across runs.
//
// Most of a simulation's memory traffic ends here, so a set's tags lie in one cache line of the
// host and are compared at once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "isa/instructions/operands.h"
#include "sim/config/memory.h"
#include "sim/memory/divisor.h"

namespace npu {

class L2Tags {
 public:
  explicit L2Tags(const L2Config& config);

  // Where a line may be held.
  struct Place {
    uint32_t slice = 0;
    uint32_t tag = 0;  // what tells it from the other lines of its set
    uint64_t set = 0;  // of all slices
  };
  // Of a line: address divided by the line size. It will be touched soon.
  Place locate(uint64_t line) const;

  struct Outcome {
    bool hit = false;
    bool evicted_dirty = false;  // a line had to be written to HBM to make room
    uint64_t evicted = 0;        // that line
  };
  // Afterwards the line is resident.
  Outcome touch(const Place& place, bool write, Hint hint);

  bool resident(uint64_t line) const;

  // Nothing is resident. Sets are emptied when they are next touched: small launches touch few.
  void clear() { std::fill(filled_.begin(), filled_.end(), 0); }

  // The most lines that tags tell apart.
  static uint64_t most_lines(const L2Config& config);

 private:
  // Tag + 1 in the high bits, dirty in bit 0, empty where 0. The most recent way of a set is first.
  using Way = uint32_t;
  static constexpr uint32_t kLanes = 16;  // ways of a cache line of the host
  struct alignas(kLanes * sizeof(Way)) Lanes {
    Way way[kLanes];
  };
  static Way way_of(uint32_t tag) { return (tag + 1) << 1; }

  // Room for whole blocks of kLanes ways, those behind the last stay empty.
  const Way* set_of(const Place& place) const {
    return reinterpret_cast<const Way*>(lanes_.data()) + place.set * room_;
  }
  bool filled(uint64_t set) const { return (filled_[set / 64] >> (set % 64) & 1) != 0; }
  uint32_t find(const Way* set, Way tag) const;
  uint64_t line_at(uint64_t set, Way way) const;

  // Which slice holds a line: a hash of all of its address.
  static uint64_t slice_hash(uint64_t line) {
    return line ^ (line >> 5) ^ (line >> 10) ^ (line >> 15) ^ (line >> 20);
  }
  // Spreads power-of-two pitches over the sets; each value comes from one other.
  static uint64_t mix(uint64_t value) { return value ^ (value >> 9) ^ (value >> 21); }
  static uint64_t unmix(uint64_t mixed);

  Divisor slices_, sets_;  // sets of a slice
  uint32_t ways_, room_;   // of a set
  std::vector<Lanes> lanes_;
  std::vector<uint64_t> filled_;  // a bit a set: touched since it was cleared
};

}  // namespace npu
