#include "sim/memory/memory.h"

#include <algorithm>
#include <bit>

namespace npu {

MemorySystem::MemorySystem(const MachineConfig& machine)
    : line_(static_cast<uint32_t>(machine.memory.l2.line)),
      line_shift_(std::countr_zero(line_)),
      latency_(ticks_of(static_cast<uint64_t>(machine.memory.l2.latency))),
      write_latency_(ticks_of(static_cast<uint64_t>(machine.memory.l2.write_latency))),
      hbm_latency_(ticks_of(static_cast<uint64_t>(machine.memory.hbm.latency))),
      tags_(machine.memory.l2.bytes, machine.memory.l2.line, machine.memory.l2.ways),
      l2_(machine.memory.l2.bytes_per_cycle),
      hbm_(machine.hbm_bytes_per_cycle()),
      fills_(kFills) {}

void MemorySystem::start_run(bool cold) {
  if (cold) tags_.clear();
  l2_.reset();
  hbm_.reset();
  ++run_;
  traffic_ = {};
}

// Asks HBM for a line; the time at which it is in L2.
Ticks MemorySystem::fetch(Ticks now, Ticks from, uint64_t line) {
  const Ticks ready = hbm_.book(now, from, line_) + hbm_latency_;
  fill_of(line) = {line, ready, run_};
  traffic_.hbm_read += line_;
  return ready;
}

// The time at which a request that reaches L2 at `from` has its bytes there.
Ticks MemorySystem::through_l2(Ticks now, Ticks from, const LineRequest& request, bool write,
                               Hint hint) {
  const L2Tags::Outcome outcome = tags_.touch(request.line, write, hint);
  Ticks ready = from;
  if (outcome.evicted_dirty) {
    hbm_.book(now, from, line_);
    traffic_.hbm_written += line_;
  }
  if (outcome.hit) {
    traffic_.l2_hit += request.bytes;
    const Fill& fill = fill_of(request.line);
    if (!write && fill.line == request.line && fill.run == run_)
      ready = std::max(ready, fill.ready);
  } else {
    traffic_.l2_miss += request.bytes;
    // A store of a whole line needs nothing from HBM; of a part, the rest is merged at leisure.
    if (!write) ready = fetch(now, from, request.line);
  }
  return std::max(ready, l2_.book(now, from, request.bytes));
}

// When the port's next line can be requested.
Ticks MemorySystem::leave(MemoryPort& port, Ticks now) {
  return std::max(std::max(port.request, now), port.window[port.next]);
}

void MemorySystem::arrive(MemoryPort& port, Ticks there) {
  port.data = there;
  port.window[port.next] = there;
  port.next = port.next + 1 == port.window.size() ? 0 : port.next + 1;
}

Ticks MemorySystem::read(MemoryPort& port, uint64_t now, std::span<const LineRequest> lines,
                         Hint hint) {
  const Ticks start = ticks_of(now);
  for (const LineRequest& request : lines) {
    const Ticks transfer = port.rate.of(request.bytes);
    const Ticks from = leave(port, start);
    const Ticks ready = through_l2(start, from, request, false, hint) + latency_;
    port.request = from + transfer;
    arrive(port, std::max(port.data, ready) + transfer);
    traffic_.core_read += request.bytes;
  }
  return port.data;
}

Ticks MemorySystem::write(MemoryPort& port, uint64_t now, std::span<const LineRequest> lines) {
  const Ticks start = ticks_of(now);
  for (const LineRequest& request : lines) {
    port.request = leave(port, start) + port.rate.of(request.bytes);
    const Ticks visible =
        through_l2(start, port.request, request, true, Hint::kKeep) + write_latency_;
    arrive(port, std::max(port.data, visible));
    traffic_.core_written += request.bytes;
  }
  return port.data;
}

Ticks MemorySystem::access(uint64_t now, uint64_t address, uint32_t bytes, bool write) {
  const Ticks start = ticks_of(now);
  (write ? traffic_.core_written : traffic_.core_read) += bytes;
  return through_l2(start, start, {line_of(address), bytes}, write, Hint::kKeep) +
         (write ? write_latency_ : latency_);
}

}  // namespace npu
