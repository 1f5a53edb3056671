#include "runtime/model/v4_config.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "runtime/files/problems.h"
#include "runtime/model/config.h"
#include "runtime/model/config_reader.h"

namespace npu {
namespace {

namespace limits = model_limits;

constexpr const char* kSupported =
    "deepseek_v4 (DeepseekV4ForCausalLM); dense Llama models come as llama2.c checkpoints";

void check_family(ConfigReader& reader, Problems& problems) {
  const std::string type = reader.text("model_type", kSupported);
  if (type == "deepseek_v41") {
    reader.refuse("model_type",
                  "\"deepseek_v41\" is another architecture (Engram tables, nested text_config)",
                  kSupported);
  } else if (type != "deepseek_v4" && !type.empty()) {
    reader.refuse("model_type", fmt::format("{} is not supported", in_quotes(type)), kSupported);
  }
  problems.throw_if_any();
  const std::vector<std::string> names = reader.texts("architectures");
  if (names != std::vector<std::string>{"DeepseekV4ForCausalLM"}) {
    reader.refuse("architectures", "missing or another", "[\"DeepseekV4ForCausalLM\"]");
  }
}

void require_text(ConfigReader& reader, const char* key, const char* only) {
  const std::string value = reader.text(key, only, only);
  if (value != only) reader.refuse(key, fmt::format("{} is not supported", in_quotes(value)), only);
}

void require_flag(ConfigReader& reader, const char* key, bool only) {
  if (reader.boolean(key, only) != only) {
    reader.refuse(key, only ? "false is not supported" : "true is not supported",
                  only ? "true" : "false");
  }
}

void require_multiple(ConfigReader& reader, const char* key, std::int64_t value, std::int64_t of,
                      const std::string& meaning) {
  if (of > 0 && value % of != 0) {
    reader.refuse(key, fmt::format("{}", value), fmt::format("a multiple of {}, {}", meaning, of));
  }
}

void read_attention(ConfigReader& reader, V4Config& c) {
  c.heads = reader.integer("num_attention_heads", 1, limits::kHeads);
  if (reader.integer("num_key_value_heads", 1, limits::kHeads, 1) != 1) {
    reader.refuse("num_key_value_heads", "the heads of a token share one key", "1");
  }
  c.head_dim = reader.integer("head_dim", 2, limits::kHeadDim);
  c.rope_dim = reader.integer("qk_rope_head_dim", 2, std::max<std::int64_t>(c.head_dim, 2));
  require_multiple(reader, "qk_rope_head_dim", c.rope_dim, 2, "two, since RoPE turns pairs");
  c.q_rank = reader.integer("q_lora_rank", 1, limits::kHidden);
  c.o_groups = reader.integer("o_groups", 1, limits::kHeads);
  c.o_rank = reader.integer("o_lora_rank", 1, limits::kHidden);
  require_multiple(reader, "num_attention_heads", c.heads, c.o_groups, "o_groups");
  c.window = reader.integer("sliding_window", 1, limits::kPositions);
  c.index_heads = reader.integer("index_n_heads", 1, limits::kHeads);
  c.index_dim = reader.integer("index_head_dim", 2, limits::kHeadDim);
  c.index_top_k = reader.integer("index_topk", 1, limits::kPositions);
  if (c.index_dim > 0 && c.index_dim < c.rope_dim) {
    reader.refuse("index_head_dim", fmt::format("{}", c.index_dim),
                  fmt::format("at least qk_rope_head_dim, {}", c.rope_dim));
  }
  require_flag(reader, "attention_bias", false);
}

void read_ratios(ConfigReader& reader, V4Config& c) {
  if (!reader.has("compress_ratios")) {
    reader.refuse("compress_ratios", "missing: without it nobody can tell the layers apart",
                  "a list of 0, 4 or 128, one a layer");
    return;
  }
  c.ratios = reader.integers("compress_ratios", 0, 128);
  for (const std::int64_t ratio : c.ratios) {
    if (ratio == 0 || ratio == 4 || ratio == 128) continue;
    reader.refuse("compress_ratios", fmt::format("{} is not supported", ratio), "0, 4 and 128");
    return;
  }
  if (static_cast<std::int64_t>(c.ratios.size()) < c.layers) {
    reader.refuse("compress_ratios", fmt::format("{} entries", c.ratios.size()),
                  fmt::format("at least num_hidden_layers, {}", c.layers));
  }
}

void read_rope(ConfigReader& reader, V4Config& c) {
  constexpr double kLowest = 1, kHighest = 1e15;
  c.rope_theta = reader.number("rope_theta", kLowest, kHighest, 10000.0);
  c.compress_rope_theta = reader.number("compress_rope_theta", kLowest, kHighest);
  std::optional<ConfigReader> scaling = reader.object("rope_scaling");
  if (!scaling) return;
  const char* key = scaling->has("rope_type") ? "rope_type" : "type";
  require_text(*scaling, key, "yarn");
  c.yarn.factor = scaling->number("factor", 1, 1e6);
  c.yarn.beta_fast = scaling->number("beta_fast", 1e-6, 1e6, 32.0);
  c.yarn.beta_slow = scaling->number("beta_slow", 1e-6, 1e6, 1.0);
  c.yarn.original_positions = static_cast<double>(
      scaling->integer("original_max_position_embeddings", 1, limits::kPositions));
}

void read_experts(ConfigReader& reader, V4Config& c) {
  c.experts = reader.integer("n_routed_experts", 1, limits::kHeads);
  c.shared_experts = reader.integer("n_shared_experts", 1, 1, 1);
  c.top_k = reader.integer("num_experts_per_tok", 1, std::max<std::int64_t>(c.experts, 1));
  c.expert_hidden = reader.integer("moe_intermediate_size", 1, limits::kIntermediate);
  c.hash_layers = reader.integer("num_hash_layers", 0, limits::kLayers);
  c.route_scale = reader.number("routed_scaling_factor", 1e-6, 1e6, 1.0);
  c.swiglu_limit = reader.number("swiglu_limit", 0, 1e6, 10.0);
  require_text(reader, "scoring_func", "sqrtsoftplus");
  require_text(reader, "topk_method", "noaux_tc");
  require_text(reader, "hidden_act", "silu");
  require_flag(reader, "norm_topk_prob", true);
}

// Says how the file's weights are stored; what a tensor is, its own type says.
void check_quantisation(ConfigReader& reader) {
  std::optional<ConfigReader> q = reader.object("quantization_config");
  if (!q) return;
  require_text(*q, "quant_method", "fp8");
  require_text(*q, "fmt", "e4m3");
  require_text(*q, "activation_scheme", "dynamic");
  require_text(*q, "scale_fmt", "ue8m0");
  if (q->has("weight_block_size") &&
      q->integers("weight_block_size", 1, limits::kHidden) != std::vector<std::int64_t>{128, 128}) {
    q->refuse("weight_block_size", "other blocks are not supported", "[128, 128]");
  }
}

}  // namespace

std::vector<double> V4Config::rope_frequencies(std::int64_t layer) const {
  if (ratio(layer) == 0) return npu::rope_frequencies(rope_dim, rope_theta);
  if (yarn.factor == 1) return npu::rope_frequencies(rope_dim, compress_rope_theta);
  return npu::rope_frequencies(rope_dim, compress_rope_theta, yarn);
}

V4Config parse_v4_config(const std::string& text, const std::string& name) {
  const nlohmann::json document = parse_json_object(text, name);
  Problems problems;
  ConfigReader reader(document, name, problems);
  check_family(reader, problems);
  V4Config c;
  c.hidden = reader.integer("hidden_size", 1, limits::kHidden);
  c.layers = reader.integer("num_hidden_layers", 1, limits::kLayers);
  c.vocab = reader.integer("vocab_size", 1, limits::kVocab);
  c.max_positions = reader.integer("max_position_embeddings", 1, limits::kPositions);
  c.bos = reader.integer("bos_token_id", 0, limits::kVocab, 0);
  c.eos = reader.integer("eos_token_id", 0, limits::kVocab, 1);
  c.rms_eps = reader.number("rms_norm_eps", 1e-30, 1.0, 1e-6);
  read_attention(reader, c);
  read_ratios(reader, c);
  read_rope(reader, c);
  read_experts(reader, c);
  c.streams = reader.integer("hc_mult", 2, 8);
  c.sinkhorn_rounds = reader.integer("hc_sinkhorn_iters", 1, 1000);
  c.hc_eps = reader.number("hc_eps", 1e-30, 1.0);
  c.draft_layers = reader.integer("num_nextn_predict_layers", 0, limits::kLayers, 0);
  require_flag(reader, "tie_word_embeddings", false);
  if (reader.has("expert_dtype")) require_text(reader, "expert_dtype", "fp4");
  check_quantisation(reader);
  problems.throw_if_any();
  return c;
}

V4Config load_v4_config(const std::string& path) {
  const ConfigText config = read_config_text(path);
  return parse_v4_config(config.text, config.name);
}

}  // namespace npu
