// Happens-before of one run: the clocks of all agents, moved on by the events of the engine.
// Private to sim/check.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "isa/program/program.h"
#include "sim/check/clock.h"
#include "sim/timing/observer.h"

namespace npu::detail {

class Order {
 public:
  Order(int groups, int vectors, const Program& program);

  void issue(const EventPlace& at, bool handover);
  void start(const EventPlace& at);
  // The clock of the command, which has its own time; valid until the next retire of the unit.
  const Clock& retire(const EventPlace& at);
  void set_flag(const EventPlace& at, int32_t target_core, int flag, uint32_t count, bool early);
  void take_flag(const EventPlace& at, int flag, uint32_t count);
  void set_word(const EventPlace& at, uint64_t address, uint64_t count);
  void take_word(const EventPlace& at, uint64_t address, uint64_t count);
  // A scalar access: the sequencer's clock at a new time of its own.
  const Clock& step(const EventPlace& at);
  // Follows the earlier atomics on the word and is followed by the later ones.
  void atomic(const EventPlace& at, uint64_t address);
  void await(const EventPlace& at, Unit unit);
  void arrive(const EventPlace& at);
  void leave(const EventPlace& at);

  uint32_t agent(const EventPlace& at) const { return agents_.id(at.group, at.core, at.unit); }

 private:
  struct InFlight {
    uint64_t serial;
    bool handover;
    Clock clock;  // the sequencer's at issue; from start on the command's own
  };
  struct Agent {
    Clock clock;  // what it knows: everything taken so far
    uint32_t time = 0;
    std::deque<InFlight> issued, running;
    Clock retired;  // of the last command that is complete
  };
  // Tokens of a counter that have not been taken, in the order in which they were set.
  struct Tokens {
    uint64_t count;
    std::optional<Clock> clock;  // none: the initial value
    uint32_t early_agent = 0;    // with early: the command may still be running
    uint32_t early_time = 0;
    bool early = false;
  };
  using Queue = std::deque<Tokens>;

  Agent& at(const EventPlace& place) { return all_[agent(place)]; }
  Agent& sequencer(const EventPlace& place) {
    return all_[agents_.id(place.group, place.core, Unit::kSequencer)];
  }
  Queue& flag_queue(int32_t group, int32_t core, int flag);
  Clock released(const EventPlace& at) const;
  void take(const EventPlace& at, Queue& queue, uint64_t count);
  bool takes_for_handover(const EventPlace& at) const;

  Agents agents_;
  const Program& program_;
  std::vector<Agent> all_;
  std::map<std::tuple<int32_t, int32_t, int>, Queue> flags_;
  std::unordered_map<uint64_t, Queue> words_;
  std::unordered_map<uint64_t, Clock> set_words_;  // joined clocks of all sets of a word
  std::unordered_map<uint64_t, Clock> atomics_;    // and of all atomics
  std::vector<uint32_t> arriving_;                 // joined clocks of the cores at the barrier
  std::shared_ptr<const std::vector<uint32_t>> leaving_;
  uint32_t arrived_ = 0, to_leave_ = 0;
};

}  // namespace npu::detail
