// Times of reads and writes on the bus of a channel: ccd, turnarounds, and the gaps between.
#pragma once

#include <vector>

#include "sim/memory/hbm_timing.h"
#include "sim/memory/recent.h"

namespace npu {

class ColumnBus {
 public:
  explicit ColumnBus(const HbmTiming& timing, uint32_t groups);
  void reset();

  struct Slot {
    Ticks at = 0;
    int gap = -1;  // the gap that it lies in; -1: after all others
  };
  // The earliest slot from `from`; nobody asks for one before `now` any more.
  Slot earliest(Ticks now, Ticks from, uint32_t group, bool write) const;
  void take(const Slot& slot, uint32_t group, bool write);
  // Changes of direction so far.
  uint64_t turnarounds() const { return turnarounds_; }

 private:
  static constexpr uint32_t kNone = ~uint32_t{0};  // the group of no command
  struct Command {
    Ticks at = 0;
    uint32_t group = kNone;
    bool write = false;
  };
  // Two commands with room for a third between them. NOTE: in a gap only the neighbours' bank
  // groups count, not those of commands before and after them.
  struct Gap {
    Command first, then;
  };
  // What two commands keep between them.
  Ticks apart(const Command& first, const Command& then) const;
  bool has_room(const Gap& gap) const;
  void append(const Command& command);

  const HbmTiming& timing_;
  Command last_;
  uint64_t turnarounds_ = 0;
  Ticks read_any_ = 0, write_any_ = 0;                 // earliest of any group
  std::vector<Ticks> read_in_group_, write_in_group_;  // of each group
  Recent<Gap, 32> gaps_;                               // by time
};

}  // namespace npu
