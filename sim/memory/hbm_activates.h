// Times of activates, which the banks of a channel share: rrd between two, at most four in faw.
#pragma once

#include "sim/memory/hbm_timing.h"
#include "sim/memory/recent.h"

namespace npu {

class Activates {
 public:
  explicit Activates(const HbmTiming& timing) : timing_(timing) {}
  void reset() { kept_.clear(); }
  // The earliest time from `from` at which a bank of the group may be activated.
  Ticks earliest(Ticks from, uint32_t group) const;
  void add(Ticks at, uint32_t group);

 private:
  struct Activate {
    Ticks at = 0;
    uint32_t group = 0;
  };
  // The time to which the kept ones push an activate at `at`; `at` if they don't.
  Ticks pushed(Ticks at, uint32_t group) const;

  const HbmTiming& timing_;
  Recent<Activate, 32> kept_;  // by time
};

}  // namespace npu
