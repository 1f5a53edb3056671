// The sub-tile interlock between cube and drain: who of them is at work on which part of L0C.
//
// A drain with handover may start while the mma that completes its tile still runs, and then ends
// at least one sub-tile after it. An mma with handover that overwrites may start while the tile's
// former contents are still drained, and then ends at least one sub-tile after that drain. Here
// each sees what the other has begun and not retired.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/functional/footprint.h"

namespace npu {

// Bytes [base, end) of L0C.
struct Span {
  uint64_t base = 0, end = 0;
  bool meets(const Span& other) const { return base < other.end && other.base < end; }
};

// The smallest span with all of a command's accesses to L0C.
inline Span l0c_span(const Footprint& footprint) {
  Span span{~uint64_t{0}, 0};
  for (const Region& region : footprint) {
    if (region.mem != Mem::kL0C || region.rows == 0) continue;
    const uint64_t last = region.base + (region.rows - 1) * static_cast<uint64_t>(region.pitch);
    if (region.base < span.base) span.base = region.base;
    if (last + region.row_bytes > span.end) span.end = last + region.row_bytes;
  }
  return span;
}

class Handover {
 public:
  struct Work {
    Span span;
    uint64_t order = 0;  // in which commands of both units began
    bool cube = false;
  };

  void start() {
    works_.clear();
    order_ = 0;
  }
  uint64_t begin(bool cube, Span span) {
    works_.push_back({span, ++order_, cube});
    return order_;
  }
  void retire(uint64_t order) {
    for (size_t i = 0; i < works_.size(); ++i) {
      if (works_[i].order == order) {
        works_.erase(works_.begin() + static_cast<std::ptrdiff_t>(i));
        return;
      }
    }
  }
  // True while the other unit has something under way on the span that began before `order`.
  bool blocked(bool cube, Span span, uint64_t order) const {
    for (const Work& work : works_) {
      if (work.cube != cube && work.order < order && work.span.meets(span)) return true;
    }
    return false;
  }

 private:
  std::vector<Work> works_;
  uint64_t order_ = 0;
};

}  // namespace npu
