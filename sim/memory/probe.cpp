#include "sim/memory/probe.h"

#include <algorithm>
#include <functional>
#include <queue>

#include "sim/memory/hbm.h"

namespace npu {

ProbeResult probe_hbm(const MachineConfig& machine, const std::vector<MemoryAccess>& accesses,
                      int outstanding) {
  Hbm hbm(machine.memory.hbm, machine.clock_ghz);
  const double ticks_a_ns = machine.clock_ghz * static_cast<double>(kTicksPerCycle);
  std::priority_queue<Ticks, std::vector<Ticks>, std::greater<>> under_way;
  ProbeResult result;
  Ticks now = 0, end = 0;
  uint64_t reads = 0;
  double sum = 0;
  for (const MemoryAccess& access : accesses) {
    now = std::max(now, static_cast<Ticks>(access.from_ns * ticks_a_ns));
    const uint64_t burst = hbm.burst_bytes();
    const uint64_t first = access.address / burst * burst;
    const uint64_t last = (access.address + access.bytes + burst - 1) / burst * burst;
    result.bytes += access.bytes;
    if (access.write) {
      hbm.write(now, now, first, last - first);
      continue;
    }
    if (under_way.size() == static_cast<size_t>(outstanding)) {
      now = std::max(now, under_way.top());
      under_way.pop();
    }
    const Ticks done = hbm.read(now, now, first, last - first);
    under_way.push(done);
    end = std::max(end, done);
    const double latency = static_cast<double>(done - now) / ticks_a_ns;
    result.least_ns = reads == 0 ? latency : std::min(result.least_ns, latency);
    result.most_ns = std::max(result.most_ns, latency);
    sum += latency;
    ++reads;
  }
  end = std::max(end, hbm.flush(now));
  result.accesses = accesses.size();
  result.nanoseconds = static_cast<double>(end) / ticks_a_ns;
  if (end > 0) result.gigabytes_per_second = static_cast<double>(result.bytes) / result.nanoseconds;
  if (reads > 0) result.mean_ns = sum / static_cast<double>(reads);
  result.counters = hbm.counters();
  return result;
}

int reads_under_way(const MachineConfig& machine) {
  constexpr int kOutstandingOfChannel = 64;
  return kOutstandingOfChannel * machine.memory.hbm.all_channels();
}

ProbeResult probe_stream(const MachineConfig& machine) {
  return probe_hbm(machine, stream_accesses({.accesses = 1 << 19}), reads_under_way(machine));
}

}  // namespace npu
