// The one port of a buffer with several users. Some accesses come when they come (lines that load
// writes into L1, what drain reads of L0C); whoever works through the port all the time (feed,
// cube) stands still for as long as they take.
#pragma once

#include <algorithm>
#include <vector>

#include "sim/memory/ticks.h"

namespace npu {

class SharedPort {
 public:
  // A rate of 0: the others have a port of their own and never take this one.
  explicit SharedPort(double bytes_per_cycle)
      : rate_(bytes_per_cycle > 0 ? Rate(bytes_per_cycle) : Rate()) {}

  void start() { taken_.clear(); }

  // Somebody takes the port for `bytes`, until `end` or from `begin` on. Calls need not be in order
  // of time.
  void take_until(Ticks end, uint64_t bytes) { add(end - std::min(end, rate_.of(bytes)), bytes); }
  void take_from(Ticks begin, uint64_t bytes) { add(begin, bytes); }

  // When work of `length` that starts at `from` is done, with all that has been taken so far.
  // Nobody asks about a time before `from` any more.
  Ticks finish(Ticks from, Ticks length);

 private:
  struct Taken {
    Ticks at = 0, length = 0;
  };
  void add(Ticks at, uint64_t bytes) {
    const Ticks length = rate_.of(bytes);
    if (length > 0) taken_.push_back({at, length});
  }

  Rate rate_;
  std::vector<Taken> taken_;  // a few
};

}  // namespace npu
