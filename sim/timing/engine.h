// The whole machine in time, without SystemC: cores, their wheel and their memory, and the life of
// a run from load to record.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "sim/timing/core.h"

namespace npu {

struct EngineOptions {
  bool free_costs = false;  // functional-only
  uint64_t max_cycles = uint64_t{1} << 40;
  uint64_t shuffle_seed = 0;  // not 0: another order of construction
};

class Engine {
 public:
  Engine(const MachineConfig& machine, const Limits& limits, Gm& gm, const EngineOptions& options);
  ~Engine();

  // Prepares a run: programs decoded, control blocks written, everything at cycle 0. Throws
  // InputError if the program cannot be launched like this.
  void begin_run(const Program& program, std::span<const uint64_t> arguments, int groups,
                 bool cold_l2);

  // Runs up to and including cycle `limit`; true once the run is over: all cores have halted, or a
  // fault or stop() ended it.
  bool advance(Cycle limit);

  // The cycle of the next event while the run is not over.
  std::optional<Cycle> next() { return shared_.wheel.next(); }
  Cycle now() const { return shared_.wheel.now(); }
  void stop() { stopped_ = true; }

  // The account of the run, and its fault if it had one. Afterwards another may begin.
  RunRecord end_run();
  // Instead of end_run after an exception.
  void abandon_run();
  std::optional<Fault> take_fault() { return std::move(shared_.fault); }

  Shared& shared() { return shared_; }
  // Groups are numbered through: those launched on chip 0, on chip 1, and so on.
  Core& core(int group, int number) { return *cores_[index(group, number)]; }
  GroupState& state(int group) { return states_[static_cast<size_t>(group)]; }
  // Of the present run: launched groups of all chips, and where the control block of the first is.
  int groups() const { return limits_.chips * groups_; }
  uint64_t control_block() const { return control_blocks_.front(); }
  int cores_of_group() const { return 1 + limits_.vectors; }

 private:
  size_t index(int group, int number) const {
    return static_cast<size_t>(group) * static_cast<size_t>(cores_of_group()) +
           static_cast<size_t>(number);
  }
  void build();
  void check_launch(const Program& program, std::span<const uint64_t> arguments, int groups) const;
  void write_control_blocks(const Program& program, std::span<const uint64_t> arguments);
  void write_control_blocks(const Program& program, std::span<const uint64_t> arguments, int chip);
  void finish();
  void over_the_limit();

  const MachineConfig& machine_;
  const Limits& limits_;
  EngineOptions options_;
  Shared shared_;
  std::vector<GroupState> states_;
  std::vector<std::unique_ptr<Core>> cores_;  // by group, then core
  Code cube_code_, vector_code_;
  std::vector<uint64_t> control_blocks_;  // GM address on each chip while a run is under way
  uint64_t control_stride_ = 0;
  int groups_ = 0;  // of each chip
  bool stopped_ = false;
};

// Who waits for whom when nothing can go on any more: "group 0 cube core feed at ... waits for flag
// a_full (has 0, needs 1)", one after another.
std::string describe_deadlock(const std::vector<const Core*>& cores);

}  // namespace npu
