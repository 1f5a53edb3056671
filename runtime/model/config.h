// The shape of a dense transformer of the Llama family, wherever it came from: a Hugging Face
// config.json or the header of a llama2.c checkpoint. Everything that costs or computes a model
// starts from here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "isa/types.h"

namespace npu {

// Which elements of a head RoPE rotates together.
enum class RopeLayout {
  kInterleaved,  // (2i, 2i + 1): llama2.c
  kHalfSplit,    // (i, i + head_dim / 2): Hugging Face
};

// The frequency correction of Llama 3.1 (`rope_type: llama3`).
struct Llama3RopeScaling {
  double factor = 1;
  double low_freq_factor = 1;
  double high_freq_factor = 1;
  std::int64_t original_max_positions = 0;
};

struct ModelConfig {
  std::string architecture;  // LlamaForCausalLM, Qwen3ForCausalLM
  std::int64_t hidden = 0;
  std::int64_t intermediate = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t kv_heads = 0;
  std::int64_t head_dim = 0;
  std::int64_t vocab = 0;
  std::int64_t max_positions = 0;
  double rms_eps = 0;
  double rope_theta = 0;
  RopeLayout rope_layout = RopeLayout::kHalfSplit;
  std::optional<Llama3RopeScaling> rope_scaling;
  bool tied_embeddings = false;  // the LM head is the embedding
  bool qk_norm = false;          // RMSNorm over each head of q and k, before RoPE
  bool attention_bias = false;   // on q, k, v and o
  Type dtype = Type::kF32;       // of the weights: kF32, kF16 or kBf16

  std::int64_t q_width() const { return heads * head_dim; }
  std::int64_t kv_width() const { return kv_heads * head_dim; }
};

// The largest sizes accepted from any file: far above every model there is, and small enough that
// no product of them overflows.
namespace model_limits {
inline constexpr std::int64_t kHidden = std::int64_t{1} << 20;
inline constexpr std::int64_t kIntermediate = std::int64_t{1} << 22;
inline constexpr std::int64_t kLayers = 4096;
inline constexpr std::int64_t kHeads = 4096;
inline constexpr std::int64_t kHeadDim = 4096;
inline constexpr std::int64_t kVocab = std::int64_t{1} << 24;
inline constexpr std::int64_t kPositions = std::int64_t{1} << 30;
}  // namespace model_limits

// Weights of the whole model; a tied head counts once.
std::int64_t parameter_count(const ModelConfig& config);

// Reads a Hugging Face config.json, or the one in a folder. Accepts LlamaForCausalLM and
// Qwen3ForCausalLM; refuses by name every other architecture and whatever of these two would change
// the arithmetic unnoticed. Throws InputError with all problems of the file: `file: key: problem;
// allowed: ...`, for bad JSON `file:line:column: ...`.
ModelConfig load_model_config(const std::string& path);

// The same from the text of a file; `name` stands for the path in errors.
ModelConfig parse_model_config(const std::string& text, const std::string& name);

}  // namespace npu
