// L2 and HBM of a chip as the cores' units see them: requests for lines go in, times come out.
//
// A request passes its unit's port (a rate, in order), then L2 (a calendar of its total rate), and
// on a miss HBM (a calendar and a latency). A store is complete in L2; dirty lines reach HBM when
// they are evicted. The times are exact where nothing contends: port, latency and line sizes only.
#pragma once

#include <span>
#include <vector>

#include "sim/config/machine.h"
#include "sim/memory/calendar.h"
#include "sim/memory/l2.h"
#include "sim/record/record.h"

namespace npu {

// Bytes of one L2 line that a unit wants.
struct LineRequest {
  uint64_t line = 0;  // address / line size
  uint32_t bytes = 0;
};

// One unit's way into the memory system: in order, at its own rate, with so many lines under way. A
// line is requested when the port is free and the line a window before it is there; as that is
// known when it is booked, several lines can be booked in one event without asking too early.
struct MemoryPort {
  MemoryPort(double bytes_per_cycle, int window_lines)
      : rate(bytes_per_cycle), window(static_cast<size_t>(window_lines)) {}

  void restart() { *this = MemoryPort(rate, window.size()); }
  // The cycle at which the next line may be requested.
  uint64_t room_at() const { return cycle_after(window[next]); }

  Rate rate;
  Ticks request = 0;          // when the port is free
  Ticks data = 0;             // when the last line was there
  std::vector<Ticks> window;  // when each of the last lines was there, a ring
  size_t next = 0;            // its oldest

 private:
  MemoryPort(Rate same_rate, size_t lines) : rate(same_rate), window(lines) {}
};

class MemorySystem {
 public:
  explicit MemorySystem(const MachineConfig& machine);

  // Requests all lines at cycle `now` or as soon as the port lets them; the time at which the last
  // of them has arrived at the core (read) or is visible in L2 (write).
  Ticks read(MemoryPort& port, uint64_t now, std::span<const LineRequest> lines, Hint hint);
  Ticks write(MemoryPort& port, uint64_t now, std::span<const LineRequest> lines);

  // A scalar access past any port: one line of the scalar cache or one word.
  Ticks access(uint64_t now, uint64_t address, uint32_t bytes, bool write);

  uint64_t line_of(uint64_t address) const { return address >> line_shift_; }
  uint32_t line_bytes() const { return line_; }
  int line_shift() const { return line_shift_; }

  // Time starts again at 0; cold also empties L2.
  void start_run(bool cold);
  const TrafficRecord& traffic() const { return traffic_; }

 private:
  static Ticks leave(MemoryPort& port, Ticks now);
  static void arrive(MemoryPort& port, Ticks there);
  Ticks through_l2(Ticks now, Ticks from, const LineRequest& request, bool write, Hint hint);
  Ticks fetch(Ticks now, Ticks from, uint64_t line);

  // A line that HBM was asked for and when it is in L2: who asks again before then waits as long.
  // A place serves lines kFills apart; the later of them takes it.
  struct Fill {
    uint64_t line = 0;
    Ticks ready = 0;
    uint64_t run = 0;
  };
  static constexpr size_t kFills = 1 << 16;  // several times the lines that all windows hold
  Fill& fill_of(uint64_t line) { return fills_[line % kFills]; }

  uint32_t line_;
  int line_shift_;
  Ticks latency_, write_latency_, hbm_latency_;
  L2Tags tags_;
  Calendar l2_, hbm_;
  std::vector<Fill> fills_;
  uint64_t run_ = 0;
  TrafficRecord traffic_;
};

}  // namespace npu
