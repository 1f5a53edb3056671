// Vector clocks: what an agent (a unit of a core, or its sequencer) knows to have happened. Almost
// all knowledge is about the agent's own group, so a clock holds that densely and shares one array
// for everything beyond it, which only barriers and words in GM change.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "isa/instructions/operands.h"

namespace npu {

// Numbers of all agents of a launch.
class Agents {
 public:
  Agents(int groups, int vectors) : groups_(groups), vectors_(vectors) {}
  uint32_t of_group() const { return 5 + 4 * static_cast<uint32_t>(vectors_); }
  uint32_t count() const { return of_group() * static_cast<uint32_t>(groups_); }
  int groups() const { return groups_; }
  int vectors() const { return vectors_; }
  // core: 0 is the cube core, 1.. the vector cores. The unit must exist on the core.
  uint32_t id(int group, int core, Unit unit) const;

 private:
  int groups_, vectors_;
};

class Clock {
 public:
  Clock(const Agents& agents, int group)
      : group_(static_cast<uint32_t>(group)), near_(agents.of_group()), all_(agents.count()) {}

  // How much of the agent's time is known to be over.
  uint32_t of(uint32_t agent) const;

  // For agents of the clock's own group.
  void set(uint32_t agent, uint32_t time) { near_[agent - first()] = time; }

  // Everything the other clock knows.
  void join(const Clock& other);

  // The same for a clock of all agents.
  void join_all(const std::shared_ptr<const std::vector<uint32_t>>& all);
  void add_to(std::vector<uint32_t>& all) const;

 private:
  using Far = std::shared_ptr<const std::vector<uint32_t>>;
  uint32_t first() const { return group_ * static_cast<uint32_t>(near_.size()); }
  void join_near(const uint32_t* times);
  void join_far(const Far& other);

  uint32_t group_;
  std::vector<uint32_t> near_;  // the agents of the own group
  uint32_t all_;
  Far far_;  // all agents; those of the own group are out of date here; may be null
};

}  // namespace npu
