// What one step of a model costs on a machine: every operator's kernel simulated, identical ones
// once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/model/config.h"
#include "runtime/report/bound.h"
#include "runtime/schedule/dense_step.h"
#include "sim/config/launch.h"
#include "sim/soc/simulator.h"

namespace npu {

// Operators of a step that are the same kernel with the same shape, in one row.
struct OperatorCost {
  std::string names;          // roles in the model: "k_proj, v_proj"
  std::string kernel;         // of the catalog: "matmul"
  std::string shape;          // "m=1 n=1024 k=4096 ..."
  uint64_t count = 0;         // launches in the step
  uint64_t cycles = 0;        // of one launch, simulated
  double launch_seconds = 0;  // of starting one
  std::vector<Use> uses;
};

struct Estimate {
  std::vector<OperatorCost> operators;  // in the order in which they first appear
  uint64_t cycles = 0;                  // of the step: launches one after another
  uint64_t launches = 0;
  double launch_seconds = 0;  // of starting all of them; not in `cycles`
  double weight_bytes = 0, cache_bytes = 0, activation_bytes = 0;
  double clock_ghz = 0;
  bool complete = true;  // false: interrupted, operators are those known so far

  double seconds() const { return static_cast<double>(cycles) / clock_ghz * 1e-9; }
};

// Tells which operator is simulated now (`done` of `total` distinct ones); false stops cleanly.
using EstimateProgress =
    std::function<bool(const std::string& what, size_t done, size_t total, const Progress&)>;

// Each kernel starts on a cold L2 and alone on the machine; launch cost stands beside the cycles,
// overlap between operators is not part of it. Throws InputError for a model that does not fit the
// machine or lacks a kernel there, and for a kernel that faults.
Estimate estimate_step(const ModelConfig& model, const StepShape& shape,
                       const MachineConfig& machine, const EstimateProgress& progress = {},
                       LaunchFrom launch = LaunchFrom::kHost);

}  // namespace npu
