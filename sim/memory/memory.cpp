#include "sim/memory/memory.h"

#include <algorithm>
#include <bit>

#include "isa/chip_address.h"

namespace npu {

MemorySystem::MemorySystem(const MachineConfig& machine)
    : line_(static_cast<uint32_t>(machine.memory.l2.line)),
      line_shift_(std::countr_zero(line_)),
      sector_(static_cast<uint32_t>(machine.memory.l2.sector)),
      own_lines_((uint64_t{1} << (kChipShift - line_shift_)) - 1),
      latency_(ticks_of(static_cast<uint64_t>(machine.memory.l2.latency))),
      write_latency_(ticks_of(static_cast<uint64_t>(machine.memory.l2.write_latency))),
      hbm_latency_(ticks_of(static_cast<uint64_t>(machine.memory.hbm.latency))),
      tags_(machine.memory.l2),
      slices_(static_cast<size_t>(machine.memory.l2.slices),
              machine.memory.l2.bytes_per_cycle / machine.memory.l2.slices),
      lines_(ticks_of(static_cast<uint64_t>(machine.memory.l2.same_line))),
      noc_(machine.memory.noc, machine.groups, machine.memory.l2.slices),
      hbm_(machine.memory.hbm, machine.clock_ghz) {}

void MemorySystem::start_run(bool cold) {
  if (cold) tags_.clear();
  slices_.reset();
  lines_.forget();
  noc_.reset();
  hbm_.reset();
  traffic_ = {};
}

TrafficRecord MemorySystem::traffic() const {
  TrafficRecord traffic = traffic_;
  traffic.noc = noc_.link_bytes();
  traffic.hbm = hbm_.counters();
  return traffic;
}

// Asks HBM for a line or its first bytes; the time at which they have come.
Ticks MemorySystem::fetch(Ticks now, Ticks from, uint64_t line, uint32_t bytes) {
  const Ticks ready = hbm_.read(now, from, line << line_shift_, bytes) + hbm_latency_;
  traffic_.hbm_read += bytes;
  traffic_.hbm_latency.add((ready - from) >> kTickBits);
  return ready;
}

// Whether a request that finds its line on the way from HBM asks for it once more, or for a sector
// that holds all it needs. NOTE: a part in whole sectors waits for the line, which stands for
// sectors that nobody has asked for and that come with it; which sector it is decides nothing.
bool MemorySystem::asks_again(Kind kind, const LineRequest& request, Ticks from) const {
  return sector_ > 0 && kind == Kind::kLoad &&
         (request.bytes == line_ || request.bytes % sector_ != 0) &&
         lines_.on_its_way(request.line & own_lines_, from);
}

// The time at which a request that is made at `from` has its bytes at the other end of the network:
// of a read those at the group, of a write those in L2.
Ticks MemorySystem::through_l2(Ticks now, Ticks from, int group, const LineRequest& request,
                               const L2Tags::Place& place, Kind kind, Hint hint) {
  const bool write = kind == Kind::kWrite;
  const uint64_t line = request.line & own_lines_;
  const L2Tags::Outcome outcome = tags_.touch(place, write, hint);
  if (outcome.evicted_dirty) {
    hbm_.write(now, from, outcome.evicted << line_shift_, line_);
    traffic_.hbm_written += line_;
  }
  Ticks ready = from;
  if (outcome.hit && asks_again(kind, request, from)) {
    traffic_.l2_miss += request.bytes;
    ready = fetch(now, from, line, request.bytes <= sector_ ? sector_ : line_);
  } else if (outcome.hit) {
    traffic_.l2_hit += request.bytes;
    ready = lines_.serve(line, from, write);
    traffic_.l2_same_line += ready > from ? 1 : 0;
  } else {
    traffic_.l2_miss += request.bytes;
    // A store of a whole line needs nothing from HBM; of a part, the rest is merged at leisure.
    if (!write) {
      ready = fetch(now, from, line, line_);
      lines_.filled(line, ready);
    }
  }
  const Ticks served = slices_.book(place.slice, now, from, request.bytes);
  if (group == kFromLink) return std::max(ready, served);
  // A fetched line leaves for the core while it still comes from HBM.
  const Ticks leaves = std::max(from, ready - std::min(ready, noc_.transfer(request.bytes)));
  const int slice = static_cast<int>(place.slice);
  const Ticks passed =
      write ? noc_.to_slice(now, from, group, slice, request.bytes)
            : noc_.to_group(now, outcome.hit ? ready : leaves, group, slice, request.bytes);
  return std::max({ready, served, passed});
}

// When the port's next line can be requested.
Ticks MemorySystem::leave(MemoryPort& port, Ticks now) {
  return std::max(std::max(port.request, now), port.window[port.next]);
}

// The line takes the place of the one that made room for it and moves to where its time belongs.
void MemorySystem::arrive(MemoryPort& port, Ticks there) {
  port.data = std::max(port.data, there);
  const size_t size = port.window.size();
  size_t at = port.next;
  port.next = at + 1 == size ? 0 : at + 1;
  for (size_t left = size - 1; left > 0; --left) {
    const size_t before = at == 0 ? size - 1 : at - 1;
    if (port.window[before] <= there) break;
    port.window[at] = port.window[before];
    at = before;
  }
  port.window[at] = there;
}

void MemorySystem::locate(std::span<const LineRequest> lines) {
  places_.resize(lines.size());
  for (size_t i = 0; i < lines.size(); ++i) places_[i] = locate(lines[i]);
}

Ticks MemorySystem::read(MemoryPort& port, uint64_t now, std::span<const LineRequest> lines,
                         Hint hint) {
  const Ticks start = ticks_of(now);
  locate(lines);
  for (size_t i = 0; i < lines.size(); ++i) {
    const LineRequest& request = lines[i];
    const Ticks transfer = port.rate.of(request.bytes);
    const Ticks from = leave(port, start);
    const Ticks ready =
        through_l2(start, from, port.group, request, places_[i], Kind::kLoad, hint) + latency_;
    port.request = from + transfer;
    arrive(port, ready + transfer);
    traffic_.core_latency.add((ready + transfer - from) >> kTickBits);
    traffic_.core_read += request.bytes;
  }
  return port.data;
}

Ticks MemorySystem::write(MemoryPort& port, uint64_t now, std::span<const LineRequest> lines) {
  const Ticks start = ticks_of(now);
  locate(lines);
  for (size_t i = 0; i < lines.size(); ++i) {
    const LineRequest& request = lines[i];
    const Ticks from = leave(port, start);
    port.request = from + port.rate.of(request.bytes);
    const Ticks visible = through_l2(start, port.request, port.group, request, places_[i],
                                     Kind::kWrite, Hint::kKeep) +
                          write_latency_;
    arrive(port, visible);
    traffic_.core_latency.add((visible - from) >> kTickBits);
    traffic_.core_written += request.bytes;
  }
  return port.data;
}

Ticks MemorySystem::serve(Ticks now, Ticks from, const LineRequest& request, bool write,
                          Hint hint) {
  (write ? traffic_.core_written : traffic_.core_read) += request.bytes;
  return through_l2(now, from, kFromLink, request, locate(request),
                    write ? Kind::kWrite : Kind::kRead, hint) +
         (write ? write_latency_ : latency_);
}

Ticks MemorySystem::access(uint64_t now, int group, uint64_t address, uint32_t bytes, bool write) {
  const Ticks start = ticks_of(now);
  (write ? traffic_.core_written : traffic_.core_read) += bytes;
  const LineRequest request{line_of(address), bytes};
  return through_l2(start, start, group, request, locate(request),
                    write ? Kind::kWrite : Kind::kRead, Hint::kKeep) +
         (write ? write_latency_ : latency_);
}

}  // namespace npu
