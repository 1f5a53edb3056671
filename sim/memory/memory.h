// L2 and HBM of a chip as the cores' units see them: requests for lines go in, times come out.
//
// A request passes its unit's port (a rate, in order), the network to a slice of L2 (calendars),
// and on a miss a channel of HBM. A store is complete in L2; dirty lines reach HBM when they are
// evicted. The times are exact where nothing contends: port, latency and line sizes only.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "sim/config/machine.h"
#include "sim/memory/calendars.h"
#include "sim/memory/hbm.h"
#include "sim/memory/l2.h"
#include "sim/memory/line_traffic.h"
#include "sim/memory/noc.h"
#include "sim/record/record.h"

namespace npu {

// Bytes of one L2 line that a unit wants.
struct LineRequest {
  uint64_t line = 0;  // address / line size
  uint32_t bytes = 0;
};

// One unit's way into the memory system: requests go in order, at its own rate, with so many lines
// under way; the lines come back in any order. A line is requested when the port is free and one of
// a window of lines is back; as that is known when it is booked, several lines can be booked in one
// event without asking too early.
struct MemoryPort {
  MemoryPort(double bytes_per_cycle, int window_lines, int group_in = 0)
      : group(group_in), rate(bytes_per_cycle), window(static_cast<size_t>(window_lines)) {}

  // Nothing under way, for a unit of that group of its chip.
  void restart(int of_group = 0) {
    group = of_group;
    request = data = 0;
    std::fill(window.begin(), window.end(), 0);
    next = 0;
  }
  // The cycle at which the next line may be requested.
  uint64_t room_at() const { return cycle_after(window[next]); }

  int group;  // where in the chip's network the unit is
  Rate rate;
  Ticks request = 0;          // when the port is free
  Ticks data = 0;             // when the last line was there
  std::vector<Ticks> window;  // when each line under way is there, a ring in order of time
  size_t next = 0;            // the first
};

class MemorySystem {
 public:
  explicit MemorySystem(const MachineConfig& machine);

  // Requests all lines at cycle `now` or as soon as the port lets them; the time at which the last
  // of them has arrived at the core (read) or is visible in L2 (write).
  Ticks read(MemoryPort& port, uint64_t now, std::span<const LineRequest> lines, Hint hint);
  Ticks write(MemoryPort& port, uint64_t now, std::span<const LineRequest> lines);

  // A scalar access of a group past any port: one line of the scalar cache or one word.
  Ticks access(uint64_t now, int group, uint64_t address, uint32_t bytes, bool write);

  // One line of a request from another chip that reaches L2 at `from`: the time at which its bytes
  // leave for there (read) or are visible here (write).
  Ticks serve(Ticks now, Ticks from, const LineRequest& request, bool write, Hint hint);

  // A port's share of a request: when its next line can be asked for, and that a line is there.
  static Ticks leave(MemoryPort& port, Ticks now);
  static void arrive(MemoryPort& port, Ticks there);

  uint64_t line_of(uint64_t address) const { return address >> line_shift_; }
  uint32_t line_bytes() const { return line_; }
  int line_shift() const { return line_shift_; }

  // Time starts again at 0; cold also empties L2.
  void start_run(bool cold);
  TrafficRecord traffic() const;

 private:
  // Requests from other chips come to the slices beside the network of the groups.
  static constexpr int kFromLink = -1;

  L2Tags::Place locate(const LineRequest& request) const {
    return tags_.locate(request.line & own_lines_);
  }
  // Places of all lines, so that the host has their tags at hand when they are touched.
  void locate(std::span<const LineRequest> lines);
  // A load of a core's unit may ask for what is on its way once more; other reads wait for it.
  enum class Kind : uint8_t { kLoad, kRead, kWrite };
  Ticks through_l2(Ticks now, Ticks from, int group, const LineRequest& request,
                   const L2Tags::Place& place, Kind kind, Hint hint);
  bool asks_again(Kind kind, const LineRequest& request, Ticks from) const;
  Ticks fetch(Ticks now, Ticks from, uint64_t line, uint32_t bytes);

  uint32_t line_;
  int line_shift_;
  uint32_t sector_;
  uint64_t own_lines_;  // the part of a line's number below the chip's
  Ticks latency_, write_latency_, hbm_latency_;
  L2Tags tags_;
  std::vector<L2Tags::Place> places_;  // of the lines of one call
  Calendars slices_;
  LineTraffic lines_;
  Noc noc_;
  Hbm hbm_;
  TrafficRecord traffic_;
};

}  // namespace npu
