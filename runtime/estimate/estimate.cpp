#include "runtime/estimate/estimate.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/errors.h"
#include "runtime/device/device.h"
#include "runtime/report/units.h"
#include "runtime/schedule/operator_run.h"
#include "runtime/schedule/program_cache.h"

namespace npu {

namespace {

constexpr uint64_t kSeed = 1;  // of control contents: which tokens are looked up

// One row for all launches of one kernel, shape and launch arguments.
struct Row {
  OperatorCost cost;
  const StepOperator* first = nullptr;
  std::vector<std::string> names;
};

std::vector<Row> distinct(const Step& step) {
  std::vector<Row> rows;
  for (const StepOperator& op : step.operators) {
    const std::string text = kernel_text(*op.kernel, op.options);
    auto row = std::find_if(rows.begin(), rows.end(),
                            [&](const Row& r) { return r.cost.kernel + r.cost.shape == text; });
    if (row == rows.end()) {
      const std::string kernel(op.kernel->name);
      row = rows.insert(rows.end(),
                        {{.kernel = kernel, .shape = text.substr(kernel.size())}, &op, {}});
    }
    ++row->cost.count;
    if (std::find(row->names.begin(), row->names.end(), op.name) == row->names.end())
      row->names.push_back(op.name);
  }
  for (Row& row : rows) row.cost.names = fmt::format("{}", fmt::join(row.names, ", "));
  return rows;
}

double bytes_with_role(const Step& step, TensorRole role) {
  double total = 0;
  for (const TensorSpec& spec : step.tensors)
    total += spec.role == role ? static_cast<double>(spec.bytes()) : 0;
  return total;
}

void check_memory(const Estimate& estimate, const MachineConfig& machine) {
  const double need = estimate.weight_bytes + estimate.cache_bytes + estimate.activation_bytes;
  const auto have = static_cast<double>(machine.memory.gm) * machine.chips;
  if (need > have) {
    throw InputError(fmt::format(
        "the step needs {} (weights {}, cache {}, activations {}); {} has {}", bytes_text(need),
        bytes_text(estimate.weight_bytes), bytes_text(estimate.cache_bytes),
        bytes_text(estimate.activation_bytes), machine.name, bytes_text(have)));
  }
}

}  // namespace

Estimate estimate_step(const ModelConfig& model, const StepShape& shape,
                       const MachineConfig& machine, const EstimateProgress& progress,
                       LaunchFrom launch) {
  const Step step = dense_step(model, shape);
  Estimate estimate{.clock_ghz = machine.clock_ghz};
  estimate.weight_bytes = bytes_with_role(step, TensorRole::kWeight);
  estimate.cache_bytes = bytes_with_role(step, TensorRole::kCache);
  estimate.activation_bytes =
      bytes_with_role(step, TensorRole::kActivation) + bytes_with_role(step, TensorRole::kControl);
  check_memory(estimate, machine);

  std::vector<Row> rows = distinct(step);
  size_t done = 0;
  std::string now;
  SimulatorOptions options{.mode = Mode::kTimingOnly};
  if (progress)
    options.progress = [&](const Progress& p) { return progress(now, done, rows.size(), p); };
  Device device(machine, options);
  ProgramCache programs(device.limits());
  for (Row& row : rows) {
    now = row.cost.kernel + row.cost.shape;
    const StepOperator& op = *row.first;
    auto arguments = op.kernel->arguments(Options(op.kernel->name, op.kernel->options, op.options),
                                          kSeed, Contents::kControlOnly);
    const auto program = programs.get(*op.kernel, op.options);
    const RunResult run = run_operator(device, program, arguments);
    if (run.fault) throw InputError(now + ": " + run.fault->text());
    if (run.interrupted) {
      estimate.complete = false;
      break;
    }
    row.cost.cycles = run.cycles;
    row.cost.launch_seconds = launch_seconds(machine, *program, launch);
    row.cost.uses = resource_use(run.record, machine);
    estimate.cycles += run.cycles * row.cost.count;
    estimate.launches += row.cost.count;
    estimate.launch_seconds += row.cost.launch_seconds * static_cast<double>(row.cost.count);
    estimate.operators.push_back(std::move(row.cost));
    ++done;
  }
  return estimate;
}

}  // namespace npu
