// Plays events to the sanitizer as the engine would, command by command, in the order a test asks
// for.
#pragma once

#include <catch2/catch.hpp>
#include <deque>
#include <map>

#include "sim/check/checker.h"
#include "tests/instructions/rig.h"

namespace npu::test {

// A program whose instruction at pc n comes from line n + 1 of k.npuasm.
inline Program sourced_program() {
  Program program;
  for (uint32_t i = 0; i < 64; ++i) {
    program.sources.push_back({"k.npuasm", i + 1, "line " + std::to_string(i + 1)});
    program.cube.lines.push_back(i);
    program.vector.lines.push_back(i);
  }
  program.cube.words.resize(64);
  program.vector.words.resize(64);
  return program;
}

class Script {
 public:
  explicit Script(CheckedLaunch launch = {2, {}, 0}, Program p = sourced_program())
      : program(std::move(p)) {
    for (int i = 0; i < launch.groups; ++i) groups.push_back(make_group_state(rig.limits));
    checker.emplace(
        rig.limits, rig.gm, program, std::move(launch),
        [this](int group) -> GroupState& { return groups[static_cast<size_t>(group)]; });
  }

  // GM that the host has written, or not.
  uint64_t tensor(uint64_t bytes, bool written, const std::string& name = "tensor") {
    const uint64_t address = rig.gm.allocate(bytes, Storage::kData, name);
    if (written) rig.gm.mark_written(address, bytes);
    return address;
  }

  EventPlace place(int group, int core, Unit unit, uint32_t pc) {
    return {++cycle, group, core, unit, pc, 0};
  }

  // A command from issue to its sets, with the waits and sets that ride on it.
  template <class C>
  void run(int group, int core, const C& command, uint32_t pc = 0) {
    issue(group, core, command, pc);
    start(group, core, unit_of(command));
    retire(group, core, unit_of(command));
  }

  void issue(int group, int core, const Command& command, uint32_t pc) {
    const Unit unit = std::visit([](const auto& c) { return unit_of(c); }, command);
    EventPlace at = place(group, core, unit, pc);
    Queue& queue = queues_[{group, core, unit}];
    at.serial = ++queue.serial;
    queue.issued.push_back({at, command});
    checker->on_issue(at, command);
  }

  void start(int group, int core, Unit unit) {
    Queue& queue = queues_[{group, core, unit}];
    auto [at, command] = queue.issued.front();
    queue.issued.pop_front();
    at.cycle = ++cycle;
    for (const FlagCount& wait : sync_of(command).waits) {
      if (wait.count > 0) checker->on_flag_take(at, wait.flag, wait.count);
    }
    checker->on_start(at, command);
    queue.running.push_back({at, command});
  }

  // The first of the sets before the command is complete, as handover does.
  void set_early(int group, int core, Unit unit) {
    const auto& [at, command] = queues_[{group, core, unit}].running.front();
    set(at, sync_of(command).sets[0], true);
    early_ = true;
  }

  void retire(int group, int core, Unit unit) {
    Queue& queue = queues_[{group, core, unit}];
    auto [at, command] = queue.running.front();
    queue.running.pop_front();
    at.cycle = ++cycle;
    checker->on_retire(at, command);
    for (size_t i = early_ ? 1 : 0; i < 2; ++i) set(at, sync_of(command).sets[i], false);
    early_ = false;
  }

  void scalar(int group, int core, ScalarAccess access, uint32_t pc = 0) {
    checker->on_scalar(place(group, core, Unit::kSequencer, pc), access);
  }
  void load_scalar(int group, int core, Mem mem, uint64_t address, uint32_t pc = 0) {
    scalar(group, core, {ScalarAccess::Kind::kLoad, mem, address, 8, false, 0}, pc);
  }
  void store_scalar(int group, int core, Mem mem, uint64_t address, uint32_t pc = 0) {
    scalar(group, core, {ScalarAccess::Kind::kStore, mem, address, 8, false, 0}, pc);
  }
  void atomic(int group, int core, uint64_t address) {
    scalar(group, core, {ScalarAccess::Kind::kAtomic, Mem::kGm, address, 8, false, 0});
  }
  void await(int group, int core, Unit unit) {
    checker->on_await(place(group, core, Unit::kSequencer, 0), unit);
  }
  void barrier() {
    for (int group = 0; group < static_cast<int>(groups.size()); ++group) {
      for (int core = 0; core < 3; ++core) {
        checker->on_barrier_arrive(place(group, core, Unit::kSequencer, 0));
      }
    }
    for (int group = 0; group < static_cast<int>(groups.size()); ++group) {
      for (int core = 0; core < 3; ++core) {
        checker->on_barrier_leave(place(group, core, Unit::kSequencer, 0));
      }
    }
  }

  std::vector<Hazard> hazards() { return checker->finish().hazards; }

  Rig rig;
  Program program;
  std::deque<GroupState> groups;
  std::optional<Checker> checker;
  uint64_t cycle = 0;

 private:
  struct Queue {
    std::deque<std::pair<EventPlace, Command>> issued, running;
    uint64_t serial = 0;
  };

  static Sync sync_of(const Command& command) {
    return std::visit(
        [](const auto& c) -> Sync {
          if constexpr (requires { c.sync; }) return c.sync;
          return {};
        },
        command);
  }

  void set(const EventPlace& at, const FlagCount& one, bool early) {
    if (one.count == 0) return;
    if (!is_group_flag(one.flag)) {
      checker->on_flag_set(at, at.core, one.flag, one.count, early);
    } else if (at.core != 0) {
      checker->on_flag_set(at, 0, one.flag, one.count, early);
    } else {
      for (int core = 1; core <= 2; ++core) {
        checker->on_flag_set(at, core, one.flag, one.count, early);
      }
    }
  }

  std::map<std::tuple<int, int, Unit>, Queue> queues_;
  bool early_ = false;
};

}  // namespace npu::test
