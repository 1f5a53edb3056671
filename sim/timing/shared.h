// What all cores of a model share: time, memory, words to wait for, the barrier, the first fault.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "isa/fault.h"
#include "sim/config/machine.h"
#include "sim/functional/gm.h"
#include "sim/memory/foreign.h"
#include "sim/memory/pod_memory.h"
#include "sim/timing/checked.h"
#include "sim/timing/observer.h"
#include "sim/timing/process.h"

namespace npu {

// The grid barrier: sequencers sleep in it until the last has come.
struct GridBarrier {
  size_t expected = 0;  // cores that take part in the run
  std::vector<Agent*> arrived;
};

// 8-byte words in GM that units wait for. A watcher is asked again whenever the word may have
// changed.
class WordWatch {
 public:
  struct Watcher {
    uint64_t address = 0;
    Agent* agent = nullptr;
  };
  void watch(uint64_t address, Agent& agent) { watchers_.push_back({address, &agent}); }
  bool empty() const { return watchers_.empty(); }
  void clear() { watchers_.clear(); }

  // Wakes those who watch a word in [address, address + bytes).
  void changed(uint64_t address, uint64_t bytes) {
    for (size_t i = 0; i < watchers_.size();) {
      if (watchers_[i].address - address < bytes) {
        watchers_[i].agent->wake();
        watchers_.erase(watchers_.begin() + static_cast<std::ptrdiff_t>(i));
      } else {
        ++i;
      }
    }
  }

 private:
  std::vector<Watcher> watchers_;
};

struct Shared {
  Shared(const MachineConfig& machine_in, const Limits& limits_in, Gm& gm_in)
      : machine(machine_in), limits(limits_in), gm(gm_in), memory(machine_in) {}

  const MachineConfig& machine;
  const Limits& limits;
  Gm& gm;
  Wheel wheel;
  PodMemory memory;
  ForeignMemory* foreign = nullptr;
  RetireObserver* observer = nullptr;
  std::function<void(const std::string&)> print;
  bool free_costs = false;  // functional-only: a command costs a cycle, memory nothing

  // Of the present run.
  std::array<Checked, 2> checked;  // commands of cube cores, of vector cores
  GridBarrier barrier;
  WordWatch words;
  std::optional<Fault> fault;
  size_t running = 0;  // cores that have not halted
  int groups = 0;      // of each chip
  uint64_t max_cycles = 0;
  uint64_t retired = 0;

  // The first fault ends the run.
  void raise(Fault first) {
    if (!fault) fault = std::move(first);
    wheel.stop();
  }
};

}  // namespace npu
