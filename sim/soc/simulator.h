// The simulator as the rest of the house uses it: one SystemC model of one machine, on which
// programs run one after another. SystemC itself stays inside sim/soc.
//
// One Simulator at a time per process; several may follow each other. Runs on one Simulator
// continue: GM and L2 keep their contents.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "isa/fault.h"
#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "sim/check/checker.h"
#include "sim/config/machine.h"
#include "sim/functional/gm.h"
#include "sim/record/record.h"
#include "sim/timing/observer.h"

namespace npu {

enum class Mode : uint8_t {
  kFull,            // numbers and cycles
  kFunctionalOnly,  // numbers; every instruction costs one cycle, memory nothing
  kTimingOnly,      // cycles; bulk data has no storage
};

// Bytes from one group's part of a per-group workspace to the next group's.
constexpr uint64_t workspace_stride(const Workspace& workspace) {
  return (workspace.bytes + 511) / 512 * 512;
}

// What a run tells while it runs, at least every fifth of a second of host time.
struct Progress {
  uint64_t cycles = 0;        // simulated so far
  uint64_t instructions = 0;  // retired by units so far
  double host_seconds = 0;    // since the run began
};

struct SimulatorOptions {
  Mode mode = Mode::kFull;
  bool check = false;  // run the sanitizer; same cycles, RunResult::check is filled in
  uint64_t max_cycles = 10'000'000'000;  // seconds of simulated time: more is an endless loop
  uint64_t host_bytes = 0;    // that simulated memory may take of the host; 0: seven eighths of all
  uint64_t shuffle_seed = 0;  // not 0: build cores and units in another order; nothing may change
  std::function<bool(const Progress&)> progress;  // returns false to stop the run cleanly
  std::function<void(const std::string&)> print;  // lines of the guest's print instructions
  RetireObserver* observer = nullptr;             // besides the sanitizer; not owned
};

struct RunOptions {
  int groups = 0;       // launched groups, from group 0; 0: all
  bool cold_l2 = true;  // forget what L2 holds
};

struct RunResult {
  std::optional<Fault> fault;
  uint64_t cycles = 0;
  RunRecord record;
  bool interrupted = false;  // progress said stop: record and cycles are those so far
  CheckReport check;
};

class ForeignWindow;
struct ForeignWindowOptions;

class Simulator {
 public:
  // Throws InputError for a machine that cannot be built.
  Simulator(const MachineConfig& machine, SimulatorOptions options);
  ~Simulator();
  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  Gm& gm();
  const Limits& limits() const;
  const MachineConfig& machine() const;

  // Runs a program to its end. `arguments` are the control block's words: parameters in order, then
  // the base addresses of the workspaces; a per-group workspace has workspace_stride() bytes for
  // each group, and the engine adds each group's offset. Throws InputError if the number of words
  // is wrong, the program names another machine or uses groups that do not exist.
  RunResult run(const Program& program, std::span<const uint64_t> arguments,
                const RunOptions& options = {});

 private:
  friend ForeignWindow& open_foreign_window(Simulator&, const ForeignWindowOptions&);
  friend void enter_systemc(Simulator&);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace npu
