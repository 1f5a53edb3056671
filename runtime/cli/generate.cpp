// npu generate: a language model's tokens, every operator of every layer a kernel on the simulated
// machine.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>

#include "isa/errors.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/language_model.h"
#include "runtime/cli/terminal.h"
#include "runtime/model/reference.h"
#include "runtime/model/tokenizer.h"
#include "runtime/model/utf8.h"
#include "runtime/report/units.h"

namespace npu {

namespace {

// Text to stdout as it comes; nothing where the model has no tokenizer or ids were asked for.
class TextStream {
 public:
  TextStream(const Tokenizer* tokenizer, bool enabled)
      : tokenizer_(enabled ? tokenizer : nullptr) {}
  void push(int previous, int id) {
    if (tokenizer_ == nullptr) return;
    show(utf8_.push(tokenizer_->decode(previous, id)));
  }
  void finish() {
    if (tokenizer_ != nullptr) show(utf8_.finish() + "\n");
  }

 private:
  static void show(const std::string& text) {
    fmt::print("{}", text);
    std::fflush(stdout);
  }
  const Tokenizer* tokenizer_;
  Utf8Stream utf8_;
};

struct Totals {
  uint64_t cycles = 0, launches = 0;
  LaunchSeconds starts;
  size_t passes = 0;
  std::optional<Fault> fault;
  std::vector<std::vector<float>> logits;  // that chose each id behind the prompt
};

// Appends greedy choices to `ids` until there are `total`, the model ends the text or the user
// interrupts.
Totals generate_ids(const Forward& forward, const LanguageModel& model, std::vector<int>& ids,
                    size_t total, TextStream& text) {
  Totals totals;
  for (size_t i = 1; i < ids.size(); ++i) text.push(ids[i - 1], ids[i]);
  size_t begin = 0;  // first id that the model has not seen
  while (ids.size() < total && !interrupted()) {
    const ForwardResult result = forward(std::span(ids).subspan(begin));
    totals.cycles += result.cycles;
    totals.launches += result.launches;
    totals.starts.add(result.starts);
    totals.fault = result.fault;
    if (result.fault || result.interrupted) break;
    ++totals.passes;
    begin = ids.size();
    if (std::count(model.ends.begin(), model.ends.end(), result.next) > 0) break;
    ids.push_back(result.next);
    totals.logits.push_back(result.logits);
    text.push(ids[begin - 1], result.next);
  }
  text.finish();
  return totals;
}

// Compares with the double-precision model on the host, fed with the same ids. Native arithmetic,
// or another model's weights, may choose otherwise; then how far apart the two are is told.
void check_ids(const GenerateOptions& o, const LanguageModel& model, const std::vector<int>& ids,
               const std::vector<std::vector<float>>& logits) {
  const size_t prompt = ids.size() - logits.size(), count = logits.size();
  const auto want = model.reference(std::span(ids).first(ids.size() - 1));
  const bool exact = o.type != "native" && o.reference.empty();
  size_t equal = 0;
  double difference = 0, magnitude = 0;
  for (size_t i = 0; i < count; ++i) {
    const std::vector<double>& row = want[prompt - 1 + i];
    const int choice = argmax(row), id = ids[prompt + i];
    equal += choice == id ? 1 : 0;
    if (exact && choice != id) {
      fmt::print("check     FAIL: id {} is {}, the double-precision reference says {}\n",
                 prompt + i, id, choice);
      throw CommandFailed("");
    }
    for (size_t j = 0; j < row.size(); ++j) {
      const double off = static_cast<double>(logits[i][j]) - row[j];
      difference += off * off;
      magnitude += row[j] * row[j];
    }
  }
  if (exact) {
    fmt::print("check     pass: {} ids equal those of the double-precision reference\n", count);
    return;
  }
  fmt::print(
      "check     {} of {} choices are those of the double-precision reference{}; its logits are "
      "{:.2g} away (relative rms)\n",
      equal, count, o.reference.empty() ? "" : " with " + o.reference,
      std::sqrt(difference / magnitude));
}

void print_totals(const GenerateOptions& o, const MachineConfig& machine, const Totals& totals) {
  if (o.functional_only) {
    fmt::print("cycles    none: functional only; {} launches\n", count_text(totals.launches));
    return;
  }
  const double seconds = static_cast<double>(totals.cycles) / machine.clock_ghz * 1e-9;
  fmt::print("cycles    {} in {} launches ({} at {} GHz); launch not included ({} {})\n",
             count_text(totals.cycles), count_text(totals.launches), time_text(seconds),
             machine.clock_ghz, time_text(totals.starts.from(o.launch->from())), o.launch->text());
  if (totals.passes > 0 && seconds > 0) {
    fmt::print("speed     {:.1f} tokens/s simulated, {} a forward pass\n",
               static_cast<double>(totals.passes) / seconds,
               time_text(seconds / static_cast<double>(totals.passes)));
  }
}

void generate(const GenerateOptions& o) {
  const LanguageModel model = load_language_model(o);
  std::optional<Tokenizer> tokenizer;
  if (!model.tokenizer.empty()) {
    tokenizer = Tokenizer::load(model.tokenizer);
    tokenizer->check_vocabulary(model.vocab);
  }
  std::vector<int> ids =
      tokenizer ? tokenizer->encode(o.prompt) : std::vector<int>{Tokenizer::kBos};
  const size_t prompt = ids.size();
  const auto total = static_cast<size_t>(o.tokens);
  if (total <= prompt || o.tokens > model.positions) {
    throw InputError(fmt::format(
        "--tokens {}: allowed are {} (one more than the prompt) to {} (the model's context)",
        o.tokens, prompt + 1, model.positions));
  }
  const MachineConfig machine = load_machine(o.machine);
  ProgressLine line(machine.clock_ghz);
  SimulatorOptions options{.mode = o.functional_only ? Mode::kFunctionalOnly : Mode::kFull};
  options.progress = [&](const Progress& p) {
    return tokenizer ? !interrupted() : line("npu generate", p);
  };
  Device device(machine, options);
  const Forward forward = model.start(device, o.tokens);
  TextStream text(tokenizer ? &*tokenizer : nullptr, !o.ids);
  const Totals totals = generate_ids(forward, model, ids, total, text);
  line.clear();
  if (o.ids || !tokenizer) fmt::print("{}\n", fmt::join(ids, " "));
  if (totals.fault) throw CommandFailed("fault: " + totals.fault->text());
  if (interrupted()) fmt::print("interrupted: the figures are those up to then\n");
  print_totals(o, machine, totals);
  if (o.check) check_ids(o, model, ids, totals.logits);
}

}  // namespace

void register_generate(CLI::App& app) {
  auto o = std::make_shared<GenerateOptions>();
  CLI::App* command = app.add_subcommand(
      "generate", "run a small language model token by token, every operator a kernel");
  command->add_option("--weights", o->weights, "llama2.c checkpoint");
  command->add_option("--model", o->model,
                      "DeepSeek-V4: folder of config.json and safetensors, or one of its files");
  command->add_option("--tokenizer", o->tokenizer,
                      "llama2.c tokenizer; of --model tokN.bin beside it, N the vocabulary");
  o->launch = add_launch_option(*command);
  command->add_option("--prompt", o->prompt, "text to continue");
  command->add_flag("--generated", o->generated,
                    "a small model with weights made from --seed, without tokenizer");
  command->add_option("--seed", o->seed, "of --generated")
      ->check(CLI::Range(int64_t{0}, INT64_MAX))
      ->capture_default_str();
  command->add_option("--tokens", o->tokens, "ids in all, the prompt's included")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 30))
      ->capture_default_str();
  command->add_flag("--ids", o->ids, "print ids instead of text");
  command->add_flag("--check", o->check,
                    "compare the ids with a double-precision model on the host");
  command->add_flag("--functional-only", o->functional_only, "numbers only, no time");
  command->add_option("--reference", o->reference,
                      "with --check: weights of the model on the host; default those of --model");
  command
      ->add_option("--dtype", o->type,
                   "of weights, activations and cache: fp32 fp16 bf16; of --model fp32, or native: "
                   "weights of fp8 and fp4 as stored, activations quantised as the model says")
      ->capture_default_str();
  command->add_option("--machine", o->machine, "preset or YAML file")->capture_default_str();
  command->callback([o] { generate(*o); });
}

}  // namespace npu
