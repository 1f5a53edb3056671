// npu check: the sanitizer over one kernel; with --mutants, whether it would find what is left out.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <memory>
#include <numeric>

#include "isa/errors.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/kernel_target.h"
#include "runtime/cli/terminal.h"
#include "runtime/schedule/operator_run.h"
#include "sim/check/mutants.h"

namespace npu {

namespace {

struct CheckCommand {
  std::shared_ptr<KernelTarget> target;
  std::string machine = "tiny";
  uint64_t max_cycles = 100'000'000;
  bool mutants = false, list = false;
};

struct CheckedRun {
  RunResult result;
  std::vector<OperatorArgument> arguments;  // with the outputs that the run left
};

// A run on a fresh machine: what earlier runs wrote must not hide what this one leaves out.
CheckedRun checked_run(const CheckCommand& c, const MachineConfig& machine,
                       std::shared_ptr<const Program> program,
                       std::vector<OperatorArgument> arguments) {
  ProgressLine line(machine.clock_ghz);
  SimulatorOptions options{.check = true, .max_cycles = c.max_cycles};
  options.progress = [&](const Progress& p) { return line("npu check " + c.target->text(), p); };
  Device device(machine, options);
  CheckedRun run{{}, std::move(arguments)};
  run.result = run_operator(device, std::move(program), run.arguments);
  return run;
}

bool same_results(const std::vector<OperatorArgument>& a, const std::vector<OperatorArgument>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const OperatorArgument& x, const OperatorArgument& y) {
                      return x.tensor.bytes == y.tensor.bytes;
                    });
}

void print_findings(const RunResult& result) {
  if (result.fault) fmt::print("{}\n", result.fault->text());
  for (const Hazard& hazard : result.check.hazards) fmt::print("{}\n", hazard.text());
}

// Every program without one set or one wait, run and judged.
void check_mutants(const CheckCommand& c, const MachineConfig& machine,
                   const PreparedKernel& kernel, const CheckedRun& original) {
  std::array<size_t, kVerdicts> counts{};
  const auto count = [&](Verdict verdict) { return counts[static_cast<size_t>(verdict)]; };
  const std::vector<Mutant> mutants = sync_mutants(*kernel.program);
  for (const Mutant& mutant : mutants) {
    if (interrupted()) break;
    const CheckedRun run =
        checked_run(c, machine, std::make_shared<const Program>(mutant.program), kernel.arguments);
    const Verdict verdict = judge(mutant, original.result.check, run.result.fault, run.result.check,
                                  same_results(original.arguments, run.arguments));
    ++counts[static_cast<size_t>(verdict)];
    if (c.list || verdict == Verdict::kMissed)
      fmt::print("{:<15} {}\n", verdict_name(verdict), mutant.what);
  }
  fmt::print(
      "mutants   {} of {} run: {} found by the sanitizer, {} by a fault, {} shown harmless, {} "
      "missed{}\n",
      std::accumulate(counts.begin(), counts.end(), size_t{0}), mutants.size(),
      count(Verdict::kFoundByCheck), count(Verdict::kFoundByFault), count(Verdict::kHarmless),
      count(Verdict::kMissed),
      count(Verdict::kNotReached) == 0
          ? ""
          : fmt::format(", {} in code that these sizes do not reach", count(Verdict::kNotReached)));
  if (count(Verdict::kMissed) > 0) throw CommandFailed("");
}

void check(const CheckCommand& c) {
  const MachineConfig machine = load_machine(c.machine);
  PreparedKernel kernel = prepare(*c.target, limits_of(machine), true);
  for (OperatorArgument& argument : kernel.arguments)
    argument.output |= c.target->kernel == nullptr;
  const CheckedRun original = checked_run(c, machine, kernel.program, kernel.arguments);
  const RunResult& result = original.result;
  fmt::print("{} on {}\n", c.target->text(), machine.name);
  print_findings(result);
  if (result.interrupted) fmt::print("interrupted: nothing found up to then\n");
  if (result.fault || !result.check.clean()) throw CommandFailed("");
  if (!result.interrupted)
    fmt::print("check     clean: no race, no unwritten or stale read, every flag as declared\n");
  if (c.mutants && !result.interrupted) check_mutants(c, machine, kernel, original);
}

}  // namespace

void register_check(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "check", "find races, reads of unwritten bytes and missing flags in a kernel");
  auto c = std::make_shared<CheckCommand>();
  c->target = add_kernel_target(*command);
  command->add_option("--machine", c->machine, "preset or YAML file")->capture_default_str();
  command->add_option("--max-cycles", c->max_cycles, "end a run with a fault after so many")
      ->check(CLI::Range(int64_t{1}, INT64_MAX))
      ->capture_default_str();
  command->add_flag("--mutants", c->mutants,
                    "leave out every set and every wait, one at a time, and count what is found");
  command->add_flag("--list", c->list, "with --mutants: print the verdict on each");
  command->callback([c] { check(*c); });
}

}  // namespace npu
