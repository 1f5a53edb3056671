#include "runtime/model/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "runtime/files/problems.h"
#include "runtime/model/config_reader.h"

namespace npu {
namespace {

constexpr const char* kSupported =
    "LlamaForCausalLM (model_type llama), Qwen3ForCausalLM (model_type qwen3)";
constexpr const char* kTypes = "float32, float16, bfloat16";

struct Family {
  const char* architecture;
  const char* model_type;
  bool qk_norm;
};
constexpr Family kFamilies[] = {{"LlamaForCausalLM", "llama", false},
                                {"Qwen3ForCausalLM", "qwen3", true}};

// Keys of other architectures that would change the arithmetic if they were ignored.
constexpr const char* kForeignKeys[] = {
    "num_experts",  "num_local_experts",   "n_routed_experts", "num_experts_per_tok",
    "kv_lora_rank", "quantization_config", "hc_mult",          "compress_ratios",
    "text_config"};

// The family that a file names, or null after a problem.
const Family* read_family(ConfigReader& reader) {
  const std::string model_type = reader.text("model_type", kSupported, "");
  if (reader.has("text_config")) {
    reader.refuse("text_config",
                  fmt::format("a configuration nested in that of {} is not supported",
                              model_type.empty() ? "another model" : in_quotes(model_type)),
                  kSupported);
    return nullptr;
  }
  const std::vector<std::string> architectures = reader.texts("architectures");
  if (architectures.size() != 1 && (reader.has("architectures") || model_type.empty())) {
    reader.refuse("architectures",
                  reader.has("architectures") ? "not a list of one name" : "missing", kSupported);
    return nullptr;
  }
  for (const Family& family : kFamilies) {
    const bool named = architectures.empty() || architectures[0] == family.architecture;
    if (!named || (architectures.empty() && model_type != family.model_type)) continue;
    if (model_type.empty() || model_type == family.model_type) return &family;
    reader.refuse("model_type",
                  fmt::format("{} is not that of {}", in_quotes(model_type), family.architecture),
                  fmt::format("{}", in_quotes(family.model_type)));
    return nullptr;
  }
  if (architectures.empty()) {
    reader.refuse("model_type", fmt::format("{} is not supported", in_quotes(model_type)),
                  kSupported);
  } else {
    reader.refuse("architectures", fmt::format("{} is not supported", in_quotes(architectures[0])),
                  kSupported);
  }
  return nullptr;
}

// The weights' type, under its old or its new key.
Type read_dtype(ConfigReader& reader) {
  const char* key = reader.has("dtype") ? "dtype" : "torch_dtype";
  const std::string name = reader.text(key, kTypes);
  if (name == "float16") return Type::kF16;
  if (name == "bfloat16") return Type::kBf16;
  if (name != "float32" && !name.empty()) {
    reader.refuse(key, fmt::format("{} is not supported", in_quotes(name)), kTypes);
  }
  return Type::kF32;
}

// The frequencies of RoPE: `rope_theta` and `rope_scaling`, or both in `rope_parameters`.
void read_rope(ConfigReader& reader, ModelConfig& config) {
  constexpr double kLowestTheta = 1, kHighestTheta = 1e15;
  const char* key = reader.has("rope_parameters") ? "rope_parameters" : "rope_scaling";
  if (reader.has("rope_parameters") && reader.has("rope_scaling")) {
    reader.refuse("rope_scaling", "given beside rope_parameters", "one of the two");
  }
  config.rope_theta = reader.number("rope_theta", kLowestTheta, kHighestTheta, 10000.0);
  std::optional<ConfigReader> scaling = reader.object(key);
  if (!scaling) return;
  config.rope_theta = scaling->number("rope_theta", kLowestTheta, kHighestTheta, config.rope_theta);
  const char* type_key = scaling->has("rope_type") ? "rope_type" : "type";
  const std::string type = scaling->text(type_key, "default, llama3");
  if (type == "llama3") {
    scaling->refuse_other_keys({"rope_type", "type", "rope_theta", "factor", "low_freq_factor",
                                "high_freq_factor", "original_max_position_embeddings"});
    Llama3RopeScaling llama3;
    llama3.factor = scaling->number("factor", 1, 1e6);
    llama3.low_freq_factor = scaling->number("low_freq_factor", 1e-6, 1e6);
    llama3.high_freq_factor = scaling->number("high_freq_factor", 1e-6, 1e6);
    llama3.original_max_positions =
        scaling->integer("original_max_position_embeddings", 1, model_limits::kPositions);
    if (llama3.high_freq_factor <= llama3.low_freq_factor && llama3.high_freq_factor > 0) {
      scaling->refuse("high_freq_factor", fmt::format("{}", llama3.high_freq_factor),
                      fmt::format("more than low_freq_factor, {}", llama3.low_freq_factor));
    }
    config.rope_scaling = llama3;
  } else if (type != "default" && !type.empty()) {
    scaling->refuse(type_key, fmt::format("{} is not supported", in_quotes(type)),
                    "default, llama3");
  }
}

void read_sizes(ConfigReader& reader, ModelConfig& config) {
  namespace limits = model_limits;
  config.hidden = reader.integer("hidden_size", 1, limits::kHidden);
  config.intermediate = reader.integer("intermediate_size", 1, limits::kIntermediate);
  config.layers = reader.integer("num_hidden_layers", 1, limits::kLayers);
  config.heads = reader.integer("num_attention_heads", 1, limits::kHeads);
  config.kv_heads = reader.integer("num_key_value_heads", 1, limits::kHeads, config.heads);
  config.vocab = reader.integer("vocab_size", 1, limits::kVocab);
  config.max_positions = reader.integer("max_position_embeddings", 1, limits::kPositions);

  const bool have_heads = config.heads > 0 && config.kv_heads > 0;
  if (have_heads && config.heads % config.kv_heads != 0) {
    reader.refuse("num_key_value_heads", fmt::format("{}", config.kv_heads),
                  fmt::format("a divisor of num_attention_heads, {}", config.heads));
  }
  if (reader.has("head_dim")) {
    config.head_dim = reader.integer("head_dim", 2, limits::kHeadDim);
  } else if (config.heads > 0 && config.hidden > 0) {
    config.head_dim = config.hidden / config.heads;
    if (config.hidden % config.heads != 0) {
      reader.refuse("num_attention_heads", fmt::format("{}", config.heads),
                    fmt::format("a divisor of hidden_size, {}, or a head_dim", config.hidden));
      return;
    }
    if (config.head_dim > limits::kHeadDim) {
      reader.refuse("num_attention_heads",
                    fmt::format("{} makes heads of {} elements", config.heads, config.head_dim),
                    fmt::format("heads of at most {}", limits::kHeadDim));
    }
  }
  if (config.head_dim % 2 != 0) {
    reader.refuse("head_dim", fmt::format("{} is odd, and RoPE rotates pairs", config.head_dim),
                  "an even number");
  }
}

// Settings that exist in these two families but that nothing here computes.
void refuse_unsupported(ConfigReader& reader) {
  for (const char* key : kForeignKeys) {
    if (reader.has(key)) reader.refuse(key, "not supported in a dense model", "leave it out");
  }
  const std::string act = reader.text("hidden_act", "silu", "silu");
  if (act != "silu") reader.refuse("hidden_act", in_quotes(act), "silu");
  for (const char* key : {"mlp_bias", "use_sliding_window"}) {
    if (reader.boolean(key, false)) reader.refuse(key, "true is not supported", "false");
  }
  if (reader.number("partial_rotary_factor", 0, 1, 1.0) != 1.0) {
    reader.refuse("partial_rotary_factor", "RoPE over a part of a head is not supported", "1.0");
  }
  for (const std::string& type : reader.texts("layer_types")) {
    if (type == "full_attention") continue;
    reader.refuse("layer_types", fmt::format("{} is not supported", in_quotes(type)),
                  "full_attention");
    break;
  }
}

}  // namespace

std::int64_t parameter_count(const ModelConfig& c) {
  const std::int64_t attention = 2 * c.hidden * c.q_width() + 2 * c.hidden * c.kv_width();
  const std::int64_t bias = c.attention_bias ? c.q_width() + 2 * c.kv_width() + c.hidden : 0;
  const std::int64_t norms = 2 * c.hidden + (c.qk_norm ? 2 * c.head_dim : 0);
  const std::int64_t layer = attention + bias + norms + 3 * c.hidden * c.intermediate;
  return c.layers * layer + (c.tied_embeddings ? 1 : 2) * c.vocab * c.hidden + c.hidden;
}

ModelConfig parse_model_config(const std::string& text, const std::string& name) {
  const nlohmann::json document = parse_json_object(text, name);
  Problems problems;
  ConfigReader reader(document, name, problems);
  const Family* family = read_family(reader);
  problems.throw_if_any();

  ModelConfig config;
  config.architecture = family->architecture;
  config.qk_norm = family->qk_norm;
  read_sizes(reader, config);
  config.rms_eps = reader.number("rms_norm_eps", 1e-30, 1.0);
  read_rope(reader, config);
  config.tied_embeddings = reader.boolean("tie_word_embeddings", false);
  config.attention_bias = reader.boolean("attention_bias", false);
  config.dtype = read_dtype(reader);
  refuse_unsupported(reader);
  problems.throw_if_any();
  return config;
}

ModelConfig load_model_config(const std::string& path) {
  const ConfigText config = read_config_text(path);
  return parse_model_config(config.text, config.name);
}

}  // namespace npu
