// All channels of a chip's HBM.
#pragma once

#include <vector>

#include "sim/memory/hbm_channel.h"

namespace npu {

class Hbm {
 public:
  Hbm(const HbmConfig& config, double clock_ghz);

  void reset();

  // The time at which the last of the bytes has passed its channel. `bytes` is a multiple of the
  // burst and so is the address.
  Ticks read(Ticks now, Ticks from, uint64_t address, uint64_t bytes);
  // Nobody waits for a write: each channel collects them.
  void write(Ticks now, Ticks from, uint64_t address, uint64_t bytes);

  // Writes all that is collected; the time at which the last byte of anything has passed.
  Ticks flush(Ticks now);

  uint64_t burst_bytes() const { return uint64_t{1} << burst_shift_; }
  HbmCounters counters() const;  // of all channels

 private:
  HbmTiming timing_;
  AddressMap map_;
  int burst_shift_;
  std::vector<HbmChannel> channels_;
};

}  // namespace npu
