#include "sim/timing/shared_port.h"
namespace npu {

Ticks SharedPort::finish(Ticks from, Ticks length) {
  taken_.erase(std::remove_if(taken_.begin(), taken_.end(),
                              [&](const Taken& one) { return one.at + one.length <= from; }),
               taken_.end());
  std::sort(taken_.begin(), taken_.end(),
            [](const Taken& a, const Taken& b) { return a.at < b.at; });
  Ticks end = from + length;
  for (const Taken& one : taken_) {
    if (one.at >= end) break;
    end += one.at + one.length - std::max(one.at, from);
  }
  return end;
}

}  // namespace npu
