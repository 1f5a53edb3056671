// The sequencer's data cache: lines of 64 bytes with copies of GM's bytes. Nobody else's writes
// reach it, so a line that another agent has written since gives the old value: as on the hardware.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/timing/wheel.h"

namespace npu {

class DataCache {
 public:
  static constexpr uint64_t kLine = 64;

  struct Line {
    uint64_t address = kNone;  // of the first byte
    uint64_t filled_in = 0;    // which time between invalidations of everything
    Cycle fetched = 0;
    bool known = true;  // false: data of timing-only
    std::array<std::byte, kLine> bytes{};
  };

  // Direct-mapped, `bytes` large.
  explicit DataCache(int64_t bytes);

  static uint64_t line_of(uint64_t address) { return address & ~(kLine - 1); }

  // The line that holds the address, or null.
  Line* find(uint64_t address) {
    Line& line = lines_[(address / kLine) % lines_.size()];
    return line.address == line_of(address) && line.filled_in == present_ ? &line : nullptr;
  }
  // The place of the address's line, which now belongs to it; the caller fills it.
  Line& take(uint64_t address) {
    Line& line = lines_[(address / kLine) % lines_.size()];
    line.address = line_of(address);
    line.filled_in = present_;
    return line;
  }
  void invalidate(uint64_t address) {
    if (Line* line = find(address)) line->address = kNone;
  }
  // In no time: every line belongs to a time that is over.
  void invalidate_all() { ++present_; }

 private:
  static constexpr uint64_t kNone = ~uint64_t{0};
  std::vector<Line> lines_;
  uint64_t present_ = 1;
};

}  // namespace npu
