#include "sim/memory/hbm_activates.h"

#include <algorithm>

namespace npu {

Ticks Activates::pushed(Ticks at, uint32_t group) const {
  const size_t count = kept_.size();
  size_t before = count;  // kept ones at or before `at`
  while (before > 0 && kept_[before - 1].at > at) --before;
  for (size_t i = before > 4 ? before - 4 : 0; i < std::min(before + 4, count); ++i) {
    const Ticks apart = kept_[i].group == group ? timing_.rrd_l : timing_.rrd_s;
    const Ticks other = kept_[i].at;
    if (other <= at ? at - other < apart : other - at < apart) return other + apart;
  }
  // Any five in a row, of which this is one, take faw or more.
  const auto time = [&](size_t i) {
    return i == before ? at : i < before ? kept_[i].at : kept_[i - 1].at;
  };
  for (size_t first = before > 4 ? before - 4 : 0; first <= before && first + 4 <= count; ++first) {
    if (time(first + 4) - time(first) >= timing_.faw) continue;
    return first + 4 == before ? time(first) + timing_.faw : kept_[before].at + timing_.rrd_s + 1;
  }
  return at;
}

Ticks Activates::earliest(Ticks from, uint32_t group) const {
  if (kept_.size() == 0) return from;
  // What lies before all kept ones can't be judged.
  Ticks at = kept_.full() ? std::max(from, kept_[0].at) : from;
  for (;;) {
    const Ticks later = pushed(at, group);
    if (later == at) return at;
    at = later;
  }
}

void Activates::add(Ticks at, uint32_t group) {
  size_t place = kept_.size();
  while (place > 0 && kept_[place - 1].at > at) --place;
  kept_.insert(place, {at, group});
}

}  // namespace npu
