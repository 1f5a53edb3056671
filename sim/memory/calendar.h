// A shared resource as a calendar of capacity: time is cut into buckets, each with so much to give.
//
// Requests are booked when they are made, some for a little later than others; a later call may
// fill a gap that an earlier one left. That keeps results within half a percent of one event a line
// while booking sixteen lines at once, which a plain busy-until does not.
#pragma once

#include <vector>

#include "sim/memory/ticks.h"

namespace npu {

class Calendar {
 public:
  explicit Calendar(double bytes_per_cycle);

  // Books `bytes` at or after `from`, in as many buckets as it takes, and gives the time at which
  // the last byte has passed. `now` is the time before which nobody will ask any more.
  Ticks book(Ticks now, Ticks from, uint64_t bytes);

  // Empty, from time 0.
  void reset();

 private:
  static constexpr int kBucketBits = kTickBits + 4;  // 16 cycles
  static constexpr Ticks kBucket = Ticks{1} << kBucketBits;

  struct Bucket {
    uint64_t index = 0;
    Ticks used = 0;
  };
  Ticks& used(uint64_t index);
  void grow(uint64_t index);

  Rate rate_;
  std::vector<Bucket> buckets_;  // a ring: bucket i at i modulo its size
  uint64_t oldest_ = 0;          // no bucket before it is asked for
  uint64_t first_free_ = 0;      // all from oldest_ up to it are full
};

}  // namespace npu
