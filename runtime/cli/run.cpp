// npu run: one kernel, right or wrong, and what it cost.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "isa/assembler/disassembler.h"
#include "isa/errors.h"
#include "kernels/ops/compare.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/kernel_arguments.h"
#include "runtime/cli/kernel_target.h"
#include "runtime/cli/launch_option.h"
#include "runtime/cli/memory_test.h"
#include "runtime/cli/terminal.h"
#include "runtime/report/bound.h"
#include "runtime/report/energy.h"
#include "runtime/report/roofline.h"
#include "runtime/report/timeline.h"
#include "runtime/report/units.h"
#include "runtime/schedule/operator_run.h"

namespace npu {

namespace {

struct RunCommand {
  std::shared_ptr<KernelTarget> target;
  std::shared_ptr<MemoryTest> memory_test;
  std::shared_ptr<LaunchOption> launch;
  std::string machine = "base";
  bool functional_only = false, timing_only = false;
  uint64_t max_cycles = SimulatorOptions{}.max_cycles;
  int groups = 0;
  bool units = false, json = false, listing = false;
  uint64_t timeline = 0;  // cycles to show; 0: none

  Mode mode() const {
    return functional_only ? Mode::kFunctionalOnly : timing_only ? Mode::kTimingOnly : Mode::kFull;
  }
};

// One argument that was compared.
struct Verdict {
  std::string name;
  CheckResult result;
};

struct Outcome {
  MachineConfig machine;
  RunResult run;
  double launch_seconds = 0;
  std::vector<Verdict> verdicts;
  std::optional<Work> work;  // of operators; a file's kernel does not say
  std::string listing, timeline;

  // To its end: only then does it have shares of anything.
  bool ended() const { return !run.fault && !run.interrupted; }
  bool passed() const {
    for (const Verdict& verdict : verdicts) {
      if (!verdict.result.passed) return false;
    }
    return !run.fault;
  }
};

// What was given is not what is there afterwards: some outputs change what they find.
std::vector<Verdict> judge_operator(const KernelTarget& target, const Options& options,
                                    const std::vector<OperatorArgument>& given,
                                    const std::vector<OperatorArgument>& arguments) {
  std::vector<Verdict> verdicts;
  const std::vector<Expected> expected = target.kernel->expected(options, given);
  size_t next = 0;
  for (const OperatorArgument& argument : arguments) {
    if (!argument.output) continue;
    const Expected& e = expected[next++];
    verdicts.push_back({std::string(argument.name), compare(argument.tensor, e.want, e.bound)});
  }
  return verdicts;
}

std::vector<Verdict> judge_file(const KernelTarget& target,
                                const std::vector<OperatorArgument>& arguments) {
  std::vector<Verdict> verdicts;
  for (const OperatorArgument& argument : arguments) {
    const Expected e = expected_of(target, argument);
    if (!e.want.empty())
      verdicts.push_back({std::string(argument.name), compare(argument.tensor, e.want, e.bound)});
  }
  return verdicts;
}

// Compares the results with the expected ones, which may take longer than the run itself.
void judge(const std::shared_ptr<KernelTarget>& target, std::vector<OperatorArgument> arguments,
           PreparedKernel kernel, ProgressLine& line, Outcome& outcome) {
  const auto given = std::make_shared<const std::vector<OperatorArgument>>(std::move(arguments));
  const auto results = std::make_shared<const PreparedKernel>(std::move(kernel));
  const auto verdicts = std::make_shared<std::vector<Verdict>>();
  const bool finished = line.wait_for(
      target->text() + "  comparing with the expected numbers", [target, given, results, verdicts] {
        *verdicts = target->kernel
                        ? judge_operator(*target, *results->options, *given, results->arguments)
                        : judge_file(*target, results->arguments);
      });
  if (finished) {
    outcome.verdicts = std::move(*verdicts);
  } else {
    outcome.run.interrupted = true;
  }
}

Outcome execute(const RunCommand& c) {
  const KernelTarget& target = *c.target;
  Outcome outcome{.machine = load_machine(c.machine)};
  ProgressLine line(outcome.machine.clock_ghz);
  SimulatorOptions options{.mode = c.mode(), .max_cycles = c.max_cycles};
  options.progress = [&](const Progress& p) { return line(target.text(), p); };
  options.print = [&](const std::string& text) {
    line.clear();
    fmt::print("print     {}\n", text);
  };
  Timeline timeline(c.timeline);
  if (c.timeline) options.observer = &timeline;
  Device device(outcome.machine, options);
  const bool numbers = c.mode() != Mode::kTimingOnly;
  PreparedKernel kernel = prepare(target, device.limits(), numbers);
  if (!target.kernel) {
    for (OperatorArgument& argument : kernel.arguments)
      argument.output = true;  // any may be asked for
  }
  std::vector<OperatorArgument> given;
  if (numbers && target.kernel) given = kernel.arguments;
  outcome.run =
      run_operator(device, kernel.program, kernel.arguments, {.groups = c.groups, .cold_l2 = true});
  outcome.launch_seconds =
      launch_seconds(outcome.machine, *kernel.program, c.launch->from(), c.groups);
  if (c.listing) outcome.listing = disassemble(*kernel.program);
  if (c.timeline) outcome.timeline = timeline.picture() + "\n" + timeline.list(*kernel.program);
  if (target.kernel && outcome.ended()) outcome.work = target.kernel->work(*kernel.options);
  if (numbers && outcome.ended()) {
    write_outputs(target, kernel.arguments);
    judge(c.target, std::move(given), std::move(kernel), line, outcome);
  }
  return outcome;
}

double seconds(const Outcome& o) {
  return static_cast<double>(o.run.cycles) / o.machine.clock_ghz * 1e-9;
}

void print_cycles(const RunCommand& c, const Outcome& o) {
  fmt::print("cycles    {} ({} at {} GHz); L2 cold at the start; launch not included ({} {})\n",
             count_text(o.run.cycles), time_text(seconds(o)), o.machine.clock_ghz,
             time_text(o.launch_seconds), c.launch->text());
  const TrafficRecord& traffic = o.run.record.traffic;
  if (o.ended() && o.run.record.ideal_mma_cycles)
    fmt::print("cube      {} of peak\n", percent_text(o.run.record.cube_share()));
  if (o.work && o.run.cycles) {
    const Roofline roof = roofline(*o.work, o.machine);
    fmt::print("roofline  {} of it; the floor is {} cycles, by {}\n",
               percent_text(roof.cycles / static_cast<double>(o.run.cycles)),
               count_text(static_cast<uint64_t>(roof.cycles)), roof.resource);
  }
  fmt::print("memory    {} read and {} written by cores; HBM {} read, {} written, {}\n",
             bytes_text(static_cast<double>(traffic.core_read)),
             bytes_text(static_cast<double>(traffic.core_written)),
             bytes_text(static_cast<double>(traffic.hbm_read)),
             bytes_text(static_cast<double>(traffic.hbm_written)),
             rate_text(o.run.cycles ? static_cast<double>(traffic.hbm_read + traffic.hbm_written) /
                                          seconds(o)
                                    : 0));
  if (traffic.links) {
    fmt::print("links     {} carried between {} chips\n",
               bytes_text(static_cast<double>(traffic.links)), o.machine.chips);
  }
  fmt::print("energy    {}\n", energy_text(energy_of(o.run.record, o.machine), seconds(o)));
  fmt::print("bound by  {}\n", bound_text(resource_use(o.run.record, o.machine)));
  if (c.units) fmt::print("\n{}", o.run.record.text());
  if (c.timeline) fmt::print("\n{}", o.timeline);
}

void print_outcome(const RunCommand& c, const Outcome& o) {
  if (c.listing) fmt::print("{}\n", o.listing);
  fmt::print("{} on {}\n", c.target->text(), o.machine.name);
  if (o.run.interrupted) fmt::print("interrupted: the figures are those up to then\n");
  if (o.run.fault) fmt::print("{}\n", o.run.fault->text());
  for (const Verdict& verdict : o.verdicts)
    fmt::print("check     {}: {}\n", verdict.name, verdict.result.text());
  if (c.timing_only) fmt::print("check     none: timing only, no numbers\n");
  if (c.functional_only) {
    fmt::print("cycles    none: functional only\n");
  } else {
    print_cycles(c, o);
  }
}

// What each level of the memory counted; bucket i of a histogram holds 2^(i-1) to 2^i - 1 cycles.
nlohmann::json memory_json(const Outcome& o) {
  const TrafficRecord& t = o.run.record.traffic;
  const auto rate = [&](uint64_t bytes) {
    return o.run.cycles == 0 ? 0.0 : static_cast<double>(bytes) / seconds(o);
  };
  return {{"cores",
           {{"read_bytes", t.core_read},
            {"written_bytes", t.core_written},
            {"bytes_per_second", rate(t.core_read + t.core_written)},
            {"latency_histogram", t.core_latency.counts}}},
          {"noc", {{"link_bytes", t.noc}, {"bytes_per_second", rate(t.noc)}}},
          {"l2",
           {{"hit_bytes", t.l2_hit},
            {"miss_bytes", t.l2_miss},
            {"bytes_per_second", rate(t.l2_hit + t.l2_miss)},
            {"same_line_waits", t.l2_same_line}}},
          {"hbm",
           {{"read_bytes", t.hbm_read},
            {"written_bytes", t.hbm_written},
            {"bytes_per_second", rate(t.hbm_read + t.hbm_written)},
            {"bursts_read", t.hbm.reads},
            {"bursts_written", t.hbm.writes},
            {"rows_open", t.hbm.row_hits},
            {"rows_closed", t.hbm.row_closed},
            {"rows_another", t.hbm.row_conflicts},
            {"turnarounds", t.hbm.turnarounds},
            {"refresh_waits", t.hbm.refresh_waits},
            {"latency_histogram", t.hbm_latency.counts}}}};
}

nlohmann::json to_json(const RunCommand& c, const Outcome& o) {
  nlohmann::json result{{"kernel", c.target->text()},
                        {"machine", o.machine.name},
                        {"interrupted", o.run.interrupted}};
  if (o.run.fault) result["fault"] = o.run.fault->text();
  for (const Verdict& v : o.verdicts) {
    result["checks"][v.name] = {{"passed", v.result.passed},
                                {"elements", v.result.elements},
                                {"failures", v.result.failures},
                                {"worst_error_over_bound", v.result.ratio},
                                {"text", v.result.text()}};
  }
  if (c.functional_only) return result;
  result["cycles"] = o.run.cycles;
  result["seconds"] = seconds(o);
  result["l2"] = "cold";
  result["launch"] = "excluded";
  result["launch_seconds"] = o.launch_seconds;
  if (o.ended()) result["cube_share"] = o.run.record.cube_share();
  if (o.work && o.run.cycles)
    result["roofline_share"] =
        roofline(*o.work, o.machine).cycles / static_cast<double>(o.run.cycles);
  result["memory"] = memory_json(o);
  for (const Use& use : resource_use(o.run.record, o.machine))
    result["uses"][use.resource] = use.share;
  return result;
}

void run(const RunCommand& c) {
  if (!c.memory_test->pattern.empty()) {
    if (c.target->kernel != nullptr || !c.target->file.empty())
      throw InputError("npu run: --memory-test runs without a kernel; allowed: one of the two");
    return run_memory_test(*c.memory_test, c.machine, c.json);
  }
  if (c.functional_only && c.timing_only)
    throw InputError("npu run: --functional-only and --timing-only exclude each other");
  if (c.timing_only && !(c.target->outputs.empty() && c.target->expected.empty()))
    throw InputError("npu run: --timing-only computes no numbers; --out and --expect need them");
  const Outcome outcome = execute(c);
  if (c.json) {
    fmt::print("{}\n", to_json(c, outcome).dump(2));
  } else {
    print_outcome(c, outcome);
  }
  if (!outcome.run.interrupted && !outcome.passed()) throw CommandFailed("");
}

}  // namespace

void register_run(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "run", "run one kernel: right or wrong numbers, cycles, share of peak and roofline");
  auto c = std::make_shared<RunCommand>();
  c->target = add_kernel_target(*command);
  c->memory_test = add_memory_test(*command);
  c->launch = add_launch_option(*command);
  command->add_option("--machine", c->machine, "preset or YAML file")->capture_default_str();
  command->add_option("--groups", c->groups, "launch on the first N groups only; 0: all")
      ->check(CLI::Range(0, 1 << 20));
  command->add_option("--max-cycles", c->max_cycles, "end the run with a fault after so many")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 62))
      ->capture_default_str();
  command->add_flag("--functional-only", c->functional_only, "numbers only, no time");
  command->add_flag("--timing-only", c->timing_only, "time only, no numbers");
  command->add_flag("--units", c->units, "print where the cycles of every kind of unit went");
  command->add_flag("--listing", c->listing, "print the program as assembly text");
  command
      ->add_option("--timeline", c->timeline,
                   "print what the units of group 0 did in the first N cycles, 0: nothing")
      ->check(CLI::Range(0, 1 << 20));
  command->add_flag("--json", c->json, "print JSON");
  command->callback([c] { run(*c); });
}

}  // namespace npu
