// The shape of a DeepSeek-V4 model, from its config.json: hyper-connections, attention over a
// window and compressed entries, and a mixture of experts in every layer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/ops/rope.h"

namespace npu {

struct V4Config {
  std::int64_t hidden = 0, layers = 0, vocab = 0, max_positions = 0;
  std::int64_t bos = 0, eos = 1;
  double rms_eps = 1e-6;

  // Attention: one head of keys that are the values too, of which the last rope_dim channels turn.
  std::int64_t heads = 0, head_dim = 0, rope_dim = 0;
  std::int64_t q_rank = 0;                // of the queries' low-rank projection
  std::int64_t o_groups = 0, o_rank = 0;  // the output's is block-diagonal
  std::int64_t window = 0;
  std::vector<std::int64_t> ratios;  // (layers, or more: of draft layers): 0 window alone, 4, 128
  std::int64_t index_heads = 0, index_dim = 0, index_top_k = 0;
  double rope_theta = 10000;            // of layers with ratio 0
  double compress_rope_theta = 160000;  // of the others, with YaRN
  Yarn yarn;

  // Mixture of experts.
  std::int64_t experts = 0, shared_experts = 1, top_k = 0, expert_hidden = 0;
  std::int64_t hash_layers = 0;  // the first: experts by token id
  double route_scale = 1;
  double swiglu_limit = 0;

  // Hyper-connections.
  std::int64_t streams = 4, sinkhorn_rounds = 20;
  double hc_eps = 1e-6;

  std::int64_t draft_layers = 0;  // num_nextn_predict_layers: not run here

  std::int64_t ratio(std::int64_t layer) const { return ratios[static_cast<size_t>(layer)]; }
  std::int64_t q_width() const { return heads * head_dim; }
  std::int64_t o_width() const { return q_width() / o_groups; }  // columns of a group
  std::int64_t mixes() const { return (2 + streams) * streams; }
  // Channels of a compressor's products for entries of `dim`; ratio 4 overlaps two blocks.
  static std::int64_t compressor_width(std::int64_t ratio, std::int64_t dim) {
    return (ratio == 4 ? 2 : 1) * dim;
  }
  // The angle a position of each pair of a layer's turned channels, (rope_dim / 2).
  std::vector<double> rope_frequencies(std::int64_t layer) const;
};

// Reads config.json, or the one in a folder. Throws InputError with all problems of the file; other
// model types, deepseek_v41 among them, are refused by name.
V4Config load_v4_config(const std::string& path);
V4Config parse_v4_config(const std::string& text, const std::string& name);

}  // namespace npu
