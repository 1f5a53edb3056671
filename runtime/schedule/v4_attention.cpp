// The attention of a layer: queries, the window's keys, the compressed entries and the choice among
// them, and the way back through groups of heads.
#include <algorithm>
#include <cmath>

#include "runtime/schedule/v4_builder.h"

namespace npu {

namespace {

constexpr int64_t kKeyGroup = 64;    // channels of a key that share a scale: fp8
constexpr int64_t kIndexGroup = 32;  // of the indexer's queries and keys: fp4

}  // namespace

void V4Builder::attention() {
  const int64_t ring = s_.ring(c_), rows = ring + (ratio_ == 0 ? 0 : s_.entries(ratio_));
  const TensorArgument kv = cache("attn.kv", wide(), rows, c_.head_dim);
  const Input x = input(x_, t_, c_.hidden);
  linear("q_a_proj", "attn.wq_a.weight", x, at(q_rank_), t_, c_.q_rank, c_.hidden);
  norm("q_norm", "attn.q_norm.weight", at(q_rank_), at(q_rank_), t_, c_.q_rank);
  const Input q_rank = input(q_rank_, t_, c_.q_rank);
  queries(q_rank);
  window_keys(x, kv, rows);
  if (ratio_ != 0) {
    compress("attn.", c_.head_dim, at(kv.tensor, ring));
    quantise("quantise_entries", at(kv.tensor, ring + s_.past / ratio_), closing(), c_.head_dim,
             Type::kE4m3, kKeyGroup, c_.rope_dim);
  }
  if (ratio_ == 4) choose_entries(q_rank);
  const int64_t width = v4_list_width(c_, s_, ratio_);
  const int64_t listed = ratio_ == 128 ? c_.window + closed() : width;
  run("attention", "sparse_attention",
      {option("tokens", t_), option("heads", c_.heads), option("dim", c_.head_dim),
       option("rows", rows), option("listed", listed), option("width", width), dtype()},
      {at(q_), kv, at(lists_[ratio_]), weight("attn.attn_sink", {c_.heads}), at(attended_),
       listed});
  turn("rope_back", at(attended_), c_.heads, c_.head_dim, true);
  project_groups();
  const int64_t o_width = c_.o_groups * c_.o_rank;
  linear("o_b_proj", "attn.wo_b.weight", input(o_rank_, t_, o_width), at(y_), t_, c_.hidden,
         o_width);
}

void V4Builder::queries(const Input& q_rank) {
  linear("q_b_proj", "attn.wq_b.weight", q_rank, at(q_), t_, c_.q_width(), c_.q_rank);
  run("q_head_norm", "rms_per_head",
      {option("tokens", t_), option("heads", c_.heads), option("dim", c_.head_dim), dtype(), eps()},
      {at(q_), at(q_)});
  turn("rope_q", at(q_), c_.heads, c_.head_dim);
}

void V4Builder::window_keys(const Input& x, TensorArgument kv, int64_t rows) {
  linear("kv_proj", "attn.wkv.weight", x, at(kv_new_), t_, c_.head_dim, c_.hidden);
  norm("kv_norm", "attn.kv_norm.weight", at(kv_new_), at(kv_new_), t_, c_.head_dim);
  turn("rope_kv", at(kv_new_), 1, c_.head_dim);
  quantise("quantise_kv", at(kv_new_), t_, c_.head_dim, Type::kE4m3, kKeyGroup, c_.rope_dim);
  run("cache_kv", "cache_write",
      {option("rows", t_), option("capacity", rows), option("cols", c_.head_dim), dtype()},
      {at(kv_new_), at(ring_rows_), kv});
}

// Closed blocks of `dim` channels go to the cache from `entries` on. Products and state are f32.
void V4Builder::compress(const std::string& place, int64_t dim, TensorArgument entries) {
  const int64_t width = V4Config::compressor_width(ratio_, dim);
  const int64_t rows = ratio_ * width / dim;
  const size_t kv = sums(prefix_ + place + "kv_products", t_, width);
  const size_t gate = sums(prefix_ + place + "gate_products", t_, width);
  plain("compressor_kv", place + "compressor.wkv.weight", at(x_), at(kv), t_, width, c_.hidden,
        Type::kF32);
  plain("compressor_gate", place + "compressor.wgate.weight", at(x_), at(gate), t_, width,
        c_.hidden, Type::kF32);
  run("compressor", "compressor",
      {option("tokens", t_), option("dim", dim), option("rope-dim", c_.rope_dim),
       option("ratio", ratio_), option("position", s_.past), option("entries", s_.entries(ratio_)),
       option("positions", s_.capacity), dtype()},
      {at(kv), at(gate), weight(place + "compressor.ape", {ratio_, width}),
       weight(place + "compressor.norm.weight", {dim}), at(table()[0]), at(table()[1]),
       cache(place + "kv_state", Type::kF32, rows, width),
       cache(place + "gate_state", Type::kF32, rows, width), entries, at(past_)});
}

// Rotated, so that no channel stands out, and then rounded to fp4: in exact arithmetic the rotation
// cancels between queries and keys.
void V4Builder::round_index(const std::string& what, TensorArgument x, int64_t rows) {
  if (!native() || rows == 0) return;
  run("rotate_" + what, "hadamard", {option("rows", rows), option("cols", c_.index_dim), dtype()},
      {x, x});
  quantise("quantise_" + what, x, rows, c_.index_dim, Type::kE2m1, kIndexGroup, 0);
}

// The best entries of each token go to its list, behind the window.
void V4Builder::choose_entries(const Input& q_rank) {
  const int64_t entries = s_.entries(4), k = std::min(c_.index_top_k, entries);
  const TensorArgument keys = cache("attn.indexer.keys", wide(), entries, c_.index_dim);
  compress("attn.indexer.", c_.index_dim, keys);
  round_index("index_keys", at(keys.tensor, s_.past / ratio_), closing());
  const int64_t width = c_.index_heads * c_.index_dim;
  const size_t q = activation("index_q", t_, width);
  const size_t w = sums("index_weights", t_, c_.index_heads);
  const size_t scores = sums("index_scores", t_, entries);
  linear("index_q_proj", "attn.indexer.wq_b.weight", q_rank, at(q), t_, width, c_.q_rank);
  turn("rope_index_q", at(q), c_.index_heads, c_.index_dim);
  round_index("index_q", at(q), t_ * c_.index_heads);
  const double scale =
      1 / std::sqrt(static_cast<double>(c_.index_dim) * static_cast<double>(c_.index_heads));
  plain("index_weights_proj", "attn.indexer.weights_proj.weight", at(x_), at(w), t_, c_.index_heads,
        c_.hidden, Type::kF32, scale);
  run("indexer", "indexer",
      {option("tokens", t_), option("heads", c_.index_heads), option("dim", c_.index_dim),
       option("entries", closed()), option("capacity", entries), dtype()},
      {at(q), keys, at(w), at(scores), closed()});
  run("top_k", "top_k",
      {option("rows", t_), option("cols", entries), option("k", k), option("count", closed()),
       option("ratio", 4), option("position", s_.past), option("base", s_.ring(c_)),
       option("column", c_.window), option("width", v4_list_width(c_, s_, 4))},
      {at(scores), at(lists_[4]), closed(), s_.past, s_.ring(c_)});
}

// Row ids[i] of `from` becomes row i of `to`.
void V4Builder::gather(const std::string& role, size_t from, size_t ids, size_t to, int64_t cols) {
  const int64_t rows = t_ * c_.o_groups;
  run(role, "embedding",
      {option("tokens", rows), option("vocabulary", rows), option("cols", cols), dtype()},
      {at(from), at(ids), at(to)});
}

// Each group of heads through its own matrix, unquantised whatever the file holds. Rows of a
// token's groups lie together in `attended`, those of a group's tokens in a grouped product; of one
// token that is the same.
void V4Builder::project_groups() {
  const int64_t rows = t_ * c_.o_groups;
  const size_t counts = control("group_counts", {c_.o_groups});
  size_t x = attended_, y = o_rank_;
  if (t_ > 1) {
    x = activation("attended_groups", rows, c_.o_width());
    y = activation("o_rank_groups", rows, c_.o_rank);
    gather("to_groups", attended_, control("to_groups", {rows}), x, c_.o_width());
  }
  run("o_a_proj", "grouped_matmul",
      {option("rows", rows), option("experts", c_.o_groups), option("n", c_.o_rank),
       option("k", c_.o_width()), dtype(), option("out", wide())},
      {at(x), weight("attn.wo_a.weight", {c_.o_groups * c_.o_rank, c_.o_width()}, wide()),
       at(counts), at(y)});
  if (t_ > 1) gather("to_tokens", y, control("to_tokens", {rows}), o_rank_, c_.o_rank);
}

}  // namespace npu
