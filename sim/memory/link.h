// The links between chips, each direction a capacity calendar of its own.
//
// What goes from chip to chip passes the calendars of its route one after another and waits the
// latency of each hop. Topologies (link.topology of a machine):
//   full_mesh  a link from each chip to each other
//   ring       a link to each neighbour; the shorter way round, upwards if both are as long
//   mesh       rows of link.leaf chips; along the row first, then along the column
//   switch     a port of each chip to its leaf switch, non-blocking; between leaves of link.leaf
//              chips through the uplink and downlink of the leaves
// What this does not model: packet headers, credits, adaptive routing.
#pragma once

#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "sim/config/machine.h"
#include "sim/memory/calendars.h"

namespace npu {

class Links {
 public:
  explicit Links(const MachineConfig& machine);

  // Carries `bytes` from one chip to another, no earlier than `leave`: the time at which the last
  // byte is there. `now` is the time before which nobody will ask any more.
  Ticks carry(int from, int to, Ticks now, Ticks leave, uint64_t bytes);

  // The time that a request without data takes: the latencies of the hops alone.
  Ticks way(int from, int to) const;
  // The longest way between any two chips.
  Ticks longest_way() const;

  void start_run();
  // Bytes carried, once for each link of their way.
  uint64_t carried() const { return carried_; }

 private:
  enum class Kind : uint8_t { kDirect, kPortOut, kPortIn, kUp, kDown };
  struct Hop {
    Kind kind{};
    int from = 0, to = 0;
    auto key() const { return std::tuple(kind, from, to); }
  };
  std::vector<Hop> route(int from, int to) const;
  void go_round(int from, int to, std::vector<Hop>& hops) const;
  void go_across(int from, int to, std::vector<Hop>& hops) const;
  Calendars& calendar(const Hop& hop);

  LinkConfig config_;
  int chips_;
  double bytes_per_cycle_, uplink_bytes_per_cycle_;
  Ticks latency_;
  // Made when first used: a full mesh of hundreds of chips has more links than a run needs.
  std::map<std::tuple<Kind, int, int>, Calendars> calendars_;
  uint64_t carried_ = 0;
};

}  // namespace npu
