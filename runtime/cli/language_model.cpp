#include "runtime/cli/language_model.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "isa/errors.h"
#include "kernels/ops/options.h"
#include "runtime/model/llama2c.h"
#include "runtime/model/reference.h"
#include "runtime/model/safetensors.h"
#include "runtime/model/tokenizer.h"
#include "runtime/model/v4_reference.h"
#include "runtime/schedule/dense_runner.h"
#include "runtime/schedule/v4_runner.h"

namespace npu {

namespace {

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

std::vector<std::vector<double>> logits_of(const DenseWeights& weights, std::span<const int> ids) {
  ReferenceModel reference(weights);
  std::vector<std::vector<double>> logits;
  for (const int id : ids) logits.push_back(reference.forward(id, static_cast<int>(logits.size())));
  return logits;
}

std::vector<std::vector<double>> logits_of(const V4Weights& weights, std::span<const int> ids) {
  V4Reference reference(weights);
  std::vector<std::vector<double>> logits;
  for (const int id : ids) logits.push_back(reference.forward(id));
  return logits;
}

LanguageModel dense_model(const GenerateOptions& o) {
  if (!o.reference.empty()) throw InputError("npu generate: --reference is for --model");
  const auto weights = std::make_shared<const DenseWeights>(load_dense(o));
  const Type type = parse_type(o.type);
  return {.vocab = weights->config.vocab,
          .positions = weights->config.max_positions,
          .ends = {Tokenizer::kBos, Tokenizer::kEos},
          .tokenizer = o.tokenizer,
          .start =
              [weights, type](Device& device, int64_t capacity) {
                auto runner = std::make_shared<DenseRunner>(device, *weights, type, capacity);
                return [runner](std::span<const int> tokens) { return runner->forward(tokens); };
              },
          .reference = [weights](std::span<const int> ids) { return logits_of(*weights, ids); }};
}

V4Weights load_v4(const V4Config& config, const std::string& path) {
  Checkpoint checkpoint = Checkpoint::open(path);
  return load_v4_weights(config, checkpoint);
}

// A folder of config.json, safetensors and a llama2.c tokenizer tokN.bin of N entries; or one of
// its safetensors files.
LanguageModel v4_model(const GenerateOptions& o) {
  namespace fs = std::filesystem;
  if (!o.weights.empty())
    throw InputError("npu generate: --model and --weights exclude each other");
  const bool native = o.type == "native";
  if (!native && parse_type(o.type) != Type::kF32) {
    throw InputError(
        fmt::format("--dtype {}: a DeepSeek-V4 model runs in fp32, or native", o.type));
  }
  const V4Arithmetic arithmetic = native ? V4Arithmetic::kNative : V4Arithmetic::kF32;
  std::error_code ignored;
  const fs::path folder =
      fs::is_directory(o.model, ignored) ? fs::path(o.model) : fs::path(o.model).parent_path();
  const V4Config config = load_v4_config((folder / "config.json").string());
  const auto weights = std::make_shared<const V4Weights>(load_v4(config, o.model));
  const fs::path own = folder / fmt::format("tok{}.bin", config.vocab);
  return {.vocab = config.vocab,
          .positions = config.max_positions,
          .ends = {static_cast<int>(config.bos), static_cast<int>(config.eos)},
          .tokenizer = o.tokenizer.empty() ? own.string() : o.tokenizer,
          .start =
              [weights, arithmetic](Device& device, int64_t capacity) {
                auto runner = std::make_shared<V4Runner>(device, *weights, capacity, arithmetic);
                return [runner](std::span<const int> tokens) { return runner->forward(tokens); };
              },
          .reference =
              [weights, other = o.reference](std::span<const int> ids) {
                return other.empty() ? logits_of(*weights, ids)
                                     : logits_of(load_v4(weights->config, other), ids);
              }};
}

}  // namespace

LanguageModel load_language_model(const GenerateOptions& o) {
  return o.model.empty() ? dense_model(o) : v4_model(o);
}

}  // namespace npu
