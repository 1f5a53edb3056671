#include "sim/memory/hbm.h"

#include <algorithm>
#include <bit>

namespace npu {

Hbm::Hbm(const HbmConfig& config, double clock_ghz)
    : timing_(config, clock_ghz),
      map_(config),
      burst_shift_(std::countr_zero(static_cast<uint64_t>(config.burst))) {
  const int count = config.all_channels();
  for (int i = 0; i < count; ++i)
    channels_.emplace_back(config, timing_, static_cast<double>(i) / count);
}

void Hbm::reset() {
  for (HbmChannel& channel : channels_) channel.reset();
}

Ticks Hbm::read(Ticks now, Ticks from, uint64_t address, uint64_t bytes) {
  const uint64_t first = address >> burst_shift_, end = (address + bytes) >> burst_shift_;
  Ticks done = from;
  map_.each_place(first, end, [&](const HbmPlace& place) {
    done = std::max(done, channels_[place.channel].access(now, from, place, false));
  });
  return done;
}

void Hbm::write(Ticks now, Ticks from, uint64_t address, uint64_t bytes) {
  const uint64_t first = address >> burst_shift_, end = (address + bytes) >> burst_shift_;
  map_.each_place(first, end, [&](const HbmPlace& place) {
    channels_[place.channel].write_later(now, from, place);
  });
}

Ticks Hbm::flush(Ticks now) {
  Ticks end = 0;
  for (HbmChannel& channel : channels_) end = std::max(end, channel.flush(now));
  return end;
}

HbmCounters Hbm::counters() const {
  HbmCounters sum;
  for (const HbmChannel& channel : channels_) sum.add(channel.counters());
  return sum;
}

}  // namespace npu
