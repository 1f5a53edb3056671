// The memories of all chips of a system as its cores see them: what lies on the core's own chip is
// asked of that chip's L2, what lies elsewhere goes over the links to the L2 there.
//
// A remote load's request takes the way of the links and its data come back through their
// calendars; a remote store is complete, and visible to all, in the L2 of the other chip. L2 never
// holds lines of another chip, so there is nothing to keep coherent.
#pragma once

#include <memory>
#include <vector>

#include "isa/chip_address.h"
#include "sim/memory/link.h"
#include "sim/memory/memory.h"

namespace npu {

class PodMemory {
 public:
  explicit PodMemory(const MachineConfig& machine);

  // As MemorySystem's, for a core of chip `chip`.
  Ticks read(int chip, MemoryPort& port, uint64_t now, std::span<const LineRequest> lines,
             Hint hint);
  Ticks write(int chip, MemoryPort& port, uint64_t now, std::span<const LineRequest> lines);
  Ticks access(int chip, uint64_t now, int group, uint64_t address, uint32_t bytes, bool write);

  // Cycles until something in GM that was asked for at `address` hears of it, and the same for a
  // word set there: of waitw and setw.
  uint64_t way_cycles(int chip, uint64_t address) const {
    return cycle_after(links_.way(chip, chip_of(address)));
  }
  uint64_t longest_way_cycles() const { return cycle_after(links_.longest_way()); }

  int line_shift() const { return chips_.front()->line_shift(); }
  uint32_t line_bytes() const { return chips_.front()->line_bytes(); }
  void start_run(bool cold);
  // Of all chips together.
  TrafficRecord traffic() const;

 private:
  static int chip_of(uint64_t address) { return static_cast<int>(address >> kChipShift); }
  int chip_of(const LineRequest& request) const {
    return static_cast<int>(request.line >> (kChipShift - line_shift()));
  }

  std::vector<std::unique_ptr<MemorySystem>> chips_;
  Links links_;
};

}  // namespace npu
