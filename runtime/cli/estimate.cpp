// npu estimate: what a step of a model costs.
#include "runtime/estimate/estimate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "isa/errors.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/launch_option.h"
#include "runtime/cli/terminal.h"
#include "runtime/report/units.h"

namespace npu {

namespace {

struct EstimateOptions {
  std::string model;
  std::string machine = "base";
  std::string phase;
  int64_t batch = 1;
  int64_t context = 0;
  int64_t tokens = 0;
  std::string type;
  std::shared_ptr<LaunchOption> launch;
  bool json = false;
};

// What the figures leave out, said with every answer.
constexpr const char* kAssumptions[] = {"L2 cold at every launch",
                                        "what a launch leaves in L2 is written back for free",
                                        "HBM at its full rate", "operators one after another"};

bool is_decode(const EstimateOptions& o) { return o.phase == "decode"; }

StepShape step_shape(const EstimateOptions& o, const ModelConfig& model) {
  const Type type = o.type.empty() ? model.dtype : parse_type(o.type);
  if (is_decode(o)) {
    if (o.tokens)
      throw InputError(
          "--tokens belongs to --phase prefill; a decode step makes one token a sequence");
    if (o.context < 1)
      throw InputError(
          "--phase decode needs --context N: tokens of each sequence before the new one, at least "
          "1");
    return {.sequences = o.batch,
            .tokens = 1,
            .past = o.context,
            .capacity = o.context + 1,
            .type = type};
  }
  if (o.context)
    throw InputError(
        "--context belongs to --phase decode; a prefill step begins with an empty cache");
  if (o.tokens < 1)
    throw InputError("--phase prefill needs --tokens N: the length of the prompt, at least 1");
  if (o.batch != 1)
    throw InputError("--batch belongs to --phase decode; a prefill step is one prompt");
  return {.tokens = o.tokens, .capacity = o.tokens, .type = type};
}

double seconds_of(const OperatorCost& op, const Estimate& e) {
  return static_cast<double>(op.cycles * op.count) / e.clock_ghz * 1e-9;
}

nlohmann::json to_json(const EstimateOptions& o, const StepShape& shape, const Estimate& e) {
  nlohmann::json operators = nlohmann::json::array();
  for (const OperatorCost& op : e.operators) {
    nlohmann::json uses = nlohmann::json::object();
    for (const Use& use : op.uses) uses[use.resource] = use.share;
    operators.push_back({{"operators", op.names},
                         {"kernel", op.kernel},
                         {"shape", op.shape.substr(1)},
                         {"count", op.count},
                         {"cycles", op.cycles},
                         {"seconds", seconds_of(op, e)},
                         {"obtained", "simulated"},
                         {"uses", uses}});
  }
  const double step = e.seconds();
  nlohmann::json result{{"model", o.model},
                        {"machine", o.machine},
                        {"phase", o.phase},
                        {"dtype", type_name(shape.type)},
                        {"complete", e.complete},
                        {"operators", operators},
                        {"launches", e.launches},
                        {"step_cycles", e.cycles},
                        {"step_seconds", step},
                        {"memory_bytes",
                         {{"weights", e.weight_bytes},
                          {"cache", e.cache_bytes},
                          {"activations", e.activation_bytes}}},
                        {"launch", o.launch->name},
                        {"launch_seconds", e.launch_seconds},
                        {"assumptions", kAssumptions}};
  if (e.complete) result[is_decode(o) ? "tpot_seconds" : "ttft_seconds"] = step;
  return result;
}

void print_table(const Estimate& e) {
  constexpr const char* kRow = "{:<25} {:>6} {:>10} {:>10} {:>8}  {}\n";
  fmt::print(kRow, "operators", "count", "each", "all", "share", "bound by");
  for (const OperatorCost& op : e.operators) {
    const double all = seconds_of(op, e);
    fmt::print("{}\n", op.names);
    fmt::print(kRow, "  " + op.kernel, op.count, time_text(all / static_cast<double>(op.count)),
               time_text(all), percent_text(all / e.seconds()), bound_text(op.uses));
    fmt::print("  {}\n", op.shape.substr(1));
  }
}

// What the step means for whoever waits for tokens; `step` in seconds.
std::string service_text(const EstimateOptions& o, const StepShape& shape, double step) {
  if (is_decode(o)) {
    return fmt::format("TPOT {}, {:.1f} tokens/s with {} sequence{}", time_text(step),
                       static_cast<double>(shape.sequences) / step, shape.sequences,
                       shape.sequences == 1 ? "" : "s");
  }
  return fmt::format("TTFT {}, {:.0f} prompt tokens/s", time_text(step),
                     static_cast<double>(shape.tokens) / step);
}

void print_summary(const EstimateOptions& o, const StepShape& shape, const Estimate& e,
                   const MachineConfig& machine) {
  const double step = e.seconds();
  if (!e.complete) {
    fmt::print(
        "\ninterrupted: the rows above are what was simulated, {} in {} launches; the step has "
        "more\n",
        time_text(step), e.launches);
    return;
  }
  fmt::print(
      "\nstep      {} ({} cycles at {} GHz), {} launches one after another, all of it simulated\n",
      time_text(step), count_text(e.cycles), machine.clock_ghz, e.launches);
  fmt::print("kernels   {}\n", service_text(o, shape, step));
  fmt::print("launched  {}, with {} for the launches {}\n",
             service_text(o, shape, step + e.launch_seconds), time_text(e.launch_seconds),
             o.launch->text());
  fmt::print("memory    {} weights + {} cache + {} activations, of {}\n",
             bytes_text(e.weight_bytes), bytes_text(e.cache_bytes), bytes_text(e.activation_bytes),
             bytes_text(static_cast<double>(machine.memory.gm) * machine.chips));
  fmt::print("assumed   {}\n", fmt::join(kAssumptions, "; "));
}

void estimate(const EstimateOptions& o) {
  const ModelConfig model = load_model_config(o.model);
  const MachineConfig machine = load_machine(o.machine);
  const StepShape shape = step_shape(o, model);
  Estimate e;
  {
    ProgressLine line(machine.clock_ghz);
    e = estimate_step(
        model, shape, machine,
        [&](const std::string& what, size_t done, size_t total, const Progress& p) {
          return line(fmt::format("[{}/{}] {}", done + 1, total, what), p);
        },
        o.launch->from());
  }
  if (o.json) {
    fmt::print("{}\n", to_json(o, shape, e).dump(2));
    return;
  }
  fmt::print("{}, {} step on {}, {}\n\n", o.model, o.phase, machine.name, type_name(shape.type));
  print_table(e);
  print_summary(o, shape, e, machine);
}

}  // namespace

void register_estimate(CLI::App& app) {
  auto o = std::make_shared<EstimateOptions>();
  CLI::App* command = app.add_subcommand(
      "estimate", "cost a decode or prefill step of a model, every operator's kernel simulated");
  command->add_option("model", o->model, "Hugging Face config.json of a Llama or Qwen3 dense model")
      ->required();
  command->add_option("--phase", o->phase, "decode or prefill")
      ->required()
      ->check(CLI::IsMember({"decode", "prefill"}));
  command->add_option("--batch", o->batch, "decode: sequences in the step")
      ->check(CLI::Range(int64_t{1}, int64_t{65536}))
      ->capture_default_str();
  command->add_option("--context", o->context, "decode: tokens of each sequence so far")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 30));
  command->add_option("--tokens", o->tokens, "prefill: tokens of the prompt")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 30));
  command->add_option("--machine", o->machine, "preset or YAML file")->capture_default_str();
  command->add_option("--dtype", o->type,
                      "of weights, activations and cache: fp32 fp16 bf16 (the model's own)");
  o->launch = add_launch_option(*command);
  command->add_flag("--json", o->json, "print JSON");
  command->callback([o] { estimate(*o); });
}

}  // namespace npu
