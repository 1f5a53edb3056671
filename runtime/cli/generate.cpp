// npu generate: a language model's tokens, every operator of every layer a kernel on the simulated
// machine.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "isa/errors.h"
#include "kernels/ops/options.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/terminal.h"
#include "runtime/model/llama2c.h"
#include "runtime/model/reference.h"
#include "runtime/model/safetensors.h"
#include "runtime/model/tokenizer.h"
#include "runtime/model/utf8.h"
#include "runtime/model/v4_reference.h"
#include "runtime/report/units.h"
#include "runtime/schedule/dense_runner.h"
#include "runtime/schedule/v4_runner.h"

namespace npu {

namespace {

struct GenerateOptions {
  std::string weights, model, tokenizer, prompt;
  bool generated = false;
  uint64_t seed = 1;
  int64_t tokens = 64;
  bool ids = false, check = false, functional_only = false;
  std::string machine = "base";
  std::string type = "fp32";
};

// A model small enough for a moment of simulation, large enough that every operator has a tail
// somewhere.
ModelConfig small_model() {
  ModelConfig config;
  config.architecture = "LlamaForCausalLM";
  config.hidden = 72;
  config.intermediate = 200;
  config.layers = 3;
  config.heads = 6;
  config.kv_heads = 3;
  config.head_dim = 12;
  config.vocab = 300;
  config.max_positions = 256;
  config.rms_eps = 1e-5;
  config.rope_theta = 10000;
  return config;
}

DenseWeights load_dense(const GenerateOptions& o) {
  if (o.generated) {
    if (!o.weights.empty() || !o.model.empty() || !o.tokenizer.empty() || !o.prompt.empty()) {
      throw InputError(
          "npu generate: --generated makes its own weights; --weights, --model, --tokenizer and "
          "--prompt do not go with it");
    }
    return generated_weights(small_model(), o.seed);
  }
  if (o.weights.empty() || o.tokenizer.empty()) {
    throw InputError(
        "npu generate: give --model DIR (DeepSeek-V4), or --weights FILE and --tokenizer FILE "
        "(llama2.c formats), or --generated");
  }
  return load_llama2c(o.weights);
}

using Forward = std::function<ForwardResult(std::span<const int>)>;

// What generating needs of a model, whatever its architecture.
struct LanguageModel {
  int64_t vocab = 0, positions = 0;
  std::vector<int> ends;  // ids that end the text
  std::string tokenizer;  // path; empty: none
  // The model on a device, with room for as many tokens.
  std::function<Forward(Device& device, Type type, int64_t capacity)> start;
  // The prompt continued by the double-precision model on the host, until there are `total` ids.
  std::function<std::vector<int>(const std::vector<int>& prompt, size_t total)> reference;
};

LanguageModel dense_model(const GenerateOptions& o) {
  const auto weights = std::make_shared<const DenseWeights>(load_dense(o));
  return {.vocab = weights->config.vocab,
          .positions = weights->config.max_positions,
          .ends = {Tokenizer::kBos, Tokenizer::kEos},
          .tokenizer = o.tokenizer,
          .start =
              [weights](Device& device, Type type, int64_t capacity) {
                auto runner = std::make_shared<DenseRunner>(device, *weights, type, capacity);
                return [runner](std::span<const int> tokens) { return runner->forward(tokens); };
              },
          .reference =
              [weights](const std::vector<int>& prompt, size_t total) {
                ReferenceModel reference(*weights);
                return generate_greedy(reference, prompt, static_cast<int>(total));
              }};
}

// A folder of config.json, safetensors and a llama2.c tokenizer tokN.bin of N entries; or one of
// its safetensors files.
LanguageModel v4_model(const GenerateOptions& o) {
  namespace fs = std::filesystem;
  if (!o.weights.empty())
    throw InputError("npu generate: --model and --weights exclude each other");
  if (parse_type(o.type) != Type::kF32) {
    throw InputError(fmt::format("--dtype {}: a DeepSeek-V4 model runs in fp32", o.type));
  }
  std::error_code ignored;
  const fs::path folder =
      fs::is_directory(o.model, ignored) ? fs::path(o.model) : fs::path(o.model).parent_path();
  const V4Config config = load_v4_config((folder / "config.json").string());
  Checkpoint checkpoint = Checkpoint::open(o.model);
  const auto weights = std::make_shared<const V4Weights>(load_v4_weights(config, checkpoint));
  const fs::path own = folder / fmt::format("tok{}.bin", config.vocab);
  return {.vocab = config.vocab,
          .positions = config.max_positions,
          .ends = {static_cast<int>(config.bos), static_cast<int>(config.eos)},
          .tokenizer = o.tokenizer.empty() ? own.string() : o.tokenizer,
          .start =
              [weights](Device& device, Type, int64_t capacity) {
                auto runner = std::make_shared<V4Runner>(device, *weights, capacity);
                return [runner](std::span<const int> tokens) { return runner->forward(tokens); };
              },
          .reference =
              [weights](const std::vector<int>& prompt, size_t total) {
                V4Reference reference(*weights);
                std::vector<int> ids = prompt;
                for (size_t i = 0; ids.size() < total; ++i) {
                  const std::vector<double> logits = reference.forward(ids[i]);
                  if (i + 1 == ids.size()) ids.push_back(argmax(logits));
                }
                return ids;
              }};
}

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
  size_t passes = 0;
  std::optional<Fault> fault;
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
    totals.fault = result.fault;
    if (result.fault || result.interrupted) break;
    ++totals.passes;
    begin = ids.size();
    if (std::count(model.ends.begin(), model.ends.end(), result.next) > 0) break;
    ids.push_back(result.next);
    text.push(ids[begin - 1], result.next);
  }
  text.finish();
  return totals;
}

// Compares with the double-precision model on the host, fed with its own choices.
void check_ids(const LanguageModel& model, const std::vector<int>& ids, size_t prompt) {
  const std::vector<int> want =
      model.reference({ids.begin(), ids.begin() + static_cast<long>(prompt)}, ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] == want[i]) continue;
    fmt::print("check     FAIL: id {} is {}, the double-precision reference says {}\n", i, ids[i],
               want[i]);
    throw CommandFailed("");
  }
  fmt::print("check     pass: {} ids equal those of the double-precision reference\n",
             ids.size() - prompt);
}

void print_totals(const GenerateOptions& o, const MachineConfig& machine, const Totals& totals) {
  if (o.functional_only) {
    fmt::print("cycles    none: functional only; {} launches\n", count_text(totals.launches));
    return;
  }
  const double seconds = static_cast<double>(totals.cycles) / machine.clock_ghz * 1e-9;
  fmt::print("cycles    {} in {} launches ({} at {} GHz); launch not included\n",
             count_text(totals.cycles), count_text(totals.launches), time_text(seconds),
             machine.clock_ghz);
  if (totals.passes > 0 && seconds > 0) {
    fmt::print("speed     {:.1f} tokens/s simulated, {} a forward pass\n",
               static_cast<double>(totals.passes) / seconds,
               time_text(seconds / static_cast<double>(totals.passes)));
  }
}

void generate(const GenerateOptions& o) {
  const LanguageModel model = o.model.empty() ? dense_model(o) : v4_model(o);
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
  const Forward forward = model.start(device, parse_type(o.type), o.tokens);
  TextStream text(tokenizer ? &*tokenizer : nullptr, !o.ids);
  const Totals totals = generate_ids(forward, model, ids, total, text);
  line.clear();
  if (o.ids || !tokenizer) fmt::print("{}\n", fmt::join(ids, " "));
  if (totals.fault) throw CommandFailed("fault: " + totals.fault->text());
  if (interrupted()) fmt::print("interrupted: the figures are those up to then\n");
  print_totals(o, machine, totals);
  if (o.check) check_ids(model, ids, prompt);
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
  command->add_option("--dtype", o->type, "of weights, activations and cache: fp32 fp16 bf16")
      ->capture_default_str();
  command->add_option("--machine", o->machine, "preset or YAML file")->capture_default_str();
  command->callback([o] { generate(*o); });
}

}  // namespace npu
