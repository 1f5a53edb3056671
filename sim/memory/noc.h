// The network between the groups of cores and the slices of L2: links, each with a calendar.
//
// A line passes all links of its path at once (cut-through): what it takes is the slowest of them
// plus the hops. Arbitration at a link is by order of booking, first come, first served.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/config/memory.h"
#include "sim/memory/calendars.h"

namespace npu {

class Noc {
 public:
  Noc(const NocConfig& config, int groups, int slices);

  void reset();

  // A line from a slice to a group or back; `from` is when its first byte enters, the result when
  // its last byte leaves.
  Ticks to_group(Ticks now, Ticks from, int group, int slice, uint64_t bytes) {
    return pass(now, from, to_group_[index(group, slice)], bytes);
  }
  Ticks to_slice(Ticks now, Ticks from, int group, int slice, uint64_t bytes) {
    return pass(now, from, to_slice_[index(group, slice)], bytes);
  }
  // What so many bytes take on one link.
  Ticks transfer(uint64_t bytes) const { return rate_.of(bytes); }
  // Bytes times links that they have passed.
  uint64_t link_bytes() const { return link_bytes_; }
  // Links of the way from a slice to a group.
  int hops(int group, int slice) const {
    return static_cast<int>(to_group_[index(group, slice)].count);
  }

 private:
  struct Path {
    uint32_t first = 0, count = 0;  // in steps_
  };
  size_t index(int group, int slice) const {
    return static_cast<size_t>(group) * slices_ + static_cast<size_t>(slice);
  }
  Ticks pass(Ticks now, Ticks from, const Path& path, uint64_t bytes);
  Path store(const std::vector<uint32_t>& links);

  size_t slices_;
  Rate rate_;
  Ticks hop_;
  uint64_t link_bytes_ = 0;
  Calendars links_;
  std::vector<uint32_t> steps_;  // links of all paths
  std::vector<Path> to_group_, to_slice_;
};

}  // namespace npu
