// Shared resources as calendars of capacity: time is cut into buckets, each with so much to give.
//
// Requests are booked when they are made, some for a little later than others; a later call may
// fill a gap that an earlier one left. That keeps results within half a percent of one event a line
// while booking sixteen lines at once, which a plain busy-until does not.
//
// Resources of one kind stand side by side: what all of them have in a bucket of time lies together
// in the host's cache.
#pragma once

#include <vector>

#include "sim/memory/ticks.h"

namespace npu {

class Calendars {
 public:
  // So many resources of that rate each.
  Calendars(size_t count, double bytes_per_cycle);

  // Books `bytes` of a resource at or after `from`, in as many buckets as it takes, and gives the
  // time at which the last byte has passed. `now` is the time before which nobody will ask any
  // more.
  Ticks book(size_t resource, Ticks now, Ticks from, uint64_t bytes);

  // Empty, from time 0.
  void reset();

 private:
  static constexpr int kBucketBits = kTickBits + 4;  // 16 cycles
  static constexpr Ticks kBucket = Ticks{1} << kBucketBits;

  // Buckets with nothing left: who starts at one of them goes on at the end.
  struct Stretch {
    uint64_t from = 0, to = 0;
  };
  // What each resource has given in a bucket.
  uint32_t* row(uint64_t bucket);
  void grow(uint64_t bucket);
  void note_full(Stretch& known, Stretch more) const;

  Rate rate_;
  size_t count_;
  size_t rows_ = 64;              // a ring: bucket i at i modulo its size
  std::vector<uint64_t> bucket_;  // of each row
  std::vector<uint32_t> used_;    // row by row
  std::vector<Stretch> full_;     // of each resource
  uint64_t oldest_ = 0;           // no bucket before it is asked for
};

}  // namespace npu
