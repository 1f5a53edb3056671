// Collects hazards: each pair of instructions once, with how often it met.
// Private to sim/check.
#pragma once

#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "isa/program/program.h"
#include "sim/check/clock.h"
#include "sim/check/report.h"
#include "sim/check/shadow.h"
#include "sim/timing/observer.h"

namespace npu::detail {

enum class Mode { kRead, kWrite, kAtomic };

// Everything that is the same for all bytes of one access.
struct Doer {
  EventPlace at;
  Epoch epoch;
  const Clock& clock;
  std::optional<uint64_t> fetch_cycle;  // the value came from a cache line of that age
};

class HazardLog {
 public:
  // All three must outlive the log; hazards are appended in the order in which they are found.
  HazardLog(const Program& program, Agents agents, std::vector<Hazard>& hazards)
      : program_(program), agents_(agents), hazards_(hazards) {}

  // `hazard` says which bytes; `other` is the earlier access, or null.
  void add(HazardKind kind, const Epoch* other, bool other_writes, Mode mode, const Doer& doer,
           Hazard hazard);

 private:
  struct Known {
    size_t index;        // into hazards_
    uint32_t last_time;  // of the agent that met it last
  };
  using Key = std::tuple<HazardKind, uint32_t, uint32_t, uint32_t, uint32_t, Mem>;

  HazardAccess describe(const EventPlace& at, bool write) const;
  HazardAccess describe(const Epoch& epoch, bool write) const;

  const Program& program_;
  Agents agents_;
  std::vector<Hazard>& hazards_;
  std::map<Key, Known> known_;
};

}  // namespace npu::detail
