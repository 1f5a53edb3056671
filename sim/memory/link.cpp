#include "sim/memory/link.h"

#include <algorithm>
#include <cmath>

namespace npu {

Links::Links(const MachineConfig& machine)
    : config_(machine.link),
      chips_(machine.chips),
      bytes_per_cycle_(machine.link.gigabytes_per_second / machine.clock_ghz),
      uplink_bytes_per_cycle_(machine.link.uplink_gigabytes_per_second / machine.clock_ghz),
      latency_(static_cast<Ticks>(
          std::llround(machine.link.latency_nanoseconds * machine.clock_ghz * kTicksPerCycle))) {}

void Links::start_run() {
  for (auto& [key, calendar] : calendars_) calendar.reset();
  carried_ = 0;
}

void Links::go_round(int from, int to, std::vector<Hop>& hops) const {
  const int up = (to - from + chips_) % chips_;
  const int step = up <= chips_ - up ? 1 : chips_ - 1;
  for (int at = from; at != to;) {
    const int next = (at + step) % chips_;
    hops.push_back({Kind::kDirect, at, next});
    at = next;
  }
}

void Links::go_across(int from, int to, std::vector<Hop>& hops) const {
  const int row = config_.leaf;
  int at = from;
  const auto walk = [&](int step) {
    hops.push_back({Kind::kDirect, at, at + step});
    at += step;
  };
  while (at % row != to % row) walk(at % row < to % row ? 1 : -1);
  while (at != to) walk(at < to ? row : -row);
}

std::vector<Links::Hop> Links::route(int from, int to) const {
  std::vector<Hop> hops;
  if (from == to) return hops;
  if (config_.topology == "ring") {
    go_round(from, to, hops);
  } else if (config_.topology == "mesh") {
    go_across(from, to, hops);
  } else if (config_.topology == "switch") {
    const int first = from / config_.leaf, last = to / config_.leaf;
    hops.push_back({Kind::kPortOut, from, 0});
    if (first != last) {
      hops.push_back({Kind::kUp, first, 0});
      hops.push_back({Kind::kDown, last, 0});
    }
    hops.push_back({Kind::kPortIn, to, 0});
  } else {
    hops.push_back({Kind::kDirect, from, to});
  }
  return hops;
}

Calendars& Links::calendar(const Hop& hop) {
  const bool uplink = hop.kind == Kind::kUp || hop.kind == Kind::kDown;
  const double rate = uplink ? uplink_bytes_per_cycle_ : bytes_per_cycle_;
  return calendars_.try_emplace(hop.key(), 1, rate).first->second;
}

Ticks Links::carry(int from, int to, Ticks now, Ticks leave, uint64_t bytes) {
  Ticks there = leave;
  for (const Hop& hop : route(from, to)) {
    there = calendar(hop).book(0, now, there, bytes);
    // A port into a switch and the one out of it are one hop.
    if (hop.kind != Kind::kPortIn) there += latency_;
    carried_ += bytes;
  }
  return there;
}

Ticks Links::way(int from, int to) const {
  const std::vector<Hop> hops = route(from, to);
  return latency_ * static_cast<Ticks>(std::count_if(hops.begin(), hops.end(), [](const Hop& h) {
           return h.kind != Kind::kPortIn;
         }));
}

Ticks Links::longest_way() const {
  Ticks longest = 0;
  for (int to = 1; to < chips_; ++to) longest = std::max(longest, way(0, to));
  return longest;
}

}  // namespace npu
