#include "runtime/schedule/v4_step.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "isa/errors.h"

namespace npu {

namespace {

constexpr double kEps = 1e-6;  // of hyper-connections, compressors and norms of heads

OptionText option(std::string name, int64_t value) {
  return {std::move(name), std::to_string(value)};
}
const OptionText kF32Option{"dtype", "fp32"};

// Walks through the model once, in the order of its data flow. Members named
// like tensors hold their index.
class Builder {
 public:
  Builder(const V4Config& config, const V4StepShape& shape)
      : c_(config), s_(shape), t_(shape.tokens) {}

  Step build() {
    shared_tensors();
    run("embedding", "embedding",
        {option("tokens", t_ * c_.streams), option("vocabulary", c_.vocab),
         option("cols", c_.hidden), kF32Option},
        {weight("embed.weight", {c_.vocab, c_.hidden}), at(stream_ids_), at(h_)});
    for (layer_ = 0; layer_ < c_.layers; ++layer_) {
      prefix_ = fmt::format("layers.{}.", layer_);
      ratio_ = c_.ratio(layer_);
      mixed("attn", [&] { attention(); });
      mixed("ffn", [&] { experts(); });
    }
    prefix_.clear();
    head();
    return std::move(step_);
  }

 private:
  using Options = std::vector<OptionText>;
  using Arguments = std::vector<StepArgument>;
  using Dims = std::vector<int64_t>;

  static TensorArgument at(size_t tensor, int64_t row = 0) { return {tensor, row}; }

  size_t add(std::string name, TensorRole role, Type type, Dims dims) {
    step_.tensors.push_back({std::move(name), role, type, std::move(dims)});
    return step_.tensors.size() - 1;
  }
  size_t activation(std::string name, int64_t rows, int64_t cols) {
    return add(std::move(name), TensorRole::kActivation, Type::kF32, {rows, cols});
  }
  size_t control(std::string name, Dims dims) {
    return add(std::move(name), TensorRole::kControl, Type::kI32, std::move(dims));
  }
  TensorArgument cache(const std::string& name, int64_t rows, int64_t cols) {
    return at(add(prefix_ + name, TensorRole::kCache, Type::kF32, {rows, cols}));
  }
  TensorArgument weight(const std::string& name, Dims dims, Type type = Type::kF32) {
    return at(add(prefix_ + name, TensorRole::kWeight, type, std::move(dims)));
  }

  void run(std::string role, std::string_view kernel, Options options, Arguments arguments) {
    step_.operators.push_back(
        {std::move(role), &find_operator(kernel), std::move(options), std::move(arguments)});
  }

  void shared_tensors() {
    ids_ = control("ids", {t_});
    stream_ids_ = control("stream_ids", {t_ * c_.streams});
    ring_rows_ = control("ring_rows", {t_});
    for (const int64_t ratio : {0, 4, 128}) {
      lists_[ratio] = control(fmt::format("lists.{}", ratio), {t_, v4_list_width(c_, s_, ratio)});
    }
    for (const char* kind : {"plain", "yarn"}) {
      for (const char* turn : {"cos", "sin"}) {
        tables_.push_back(add(fmt::format("rope_{}.{}", turn, kind), TensorRole::kWeight,
                              Type::kF32, {s_.capacity, c_.rope_dim / 2}));
      }
    }
    h_ = activation("h", t_, c_.streams * c_.hidden);
    x_ = activation("x", t_, c_.hidden);
    y_ = activation("y", t_, c_.hidden);
    post_ = activation("post", t_, c_.streams);
    comb_ = activation("comb", t_, c_.streams * c_.streams);
    q_rank_ = activation("q_rank", t_, c_.q_rank);
    q_ = activation("q", t_, c_.q_width());
    kv_new_ = activation("kv_new", t_, c_.head_dim);
    attended_ = activation("attended", t_, c_.q_width());
    o_rank_ = activation("o_rank", t_, c_.o_groups * c_.o_rank);
  }

  void norm(const std::string& role, const std::string& name, TensorArgument x, TensorArgument y,
            int64_t rows, int64_t cols) {
    run(role, "rmsnorm",
        {option("rows", rows),
         option("cols", cols),
         kF32Option,
         {"eps", fmt::format("{}", c_.rms_eps)}},
        {x, weight(name, {cols}), y});
  }

  // y = x W^T, W as (outputs, inputs).
  void linear(const std::string& role, const std::string& name, TensorArgument x, TensorArgument y,
              int64_t rows, int64_t outputs, int64_t inputs) {
    run(role, "matmul",
        {option("m", rows),
         option("n", outputs),
         option("k", inputs),
         kF32Option,
         {"out", "fp32"},
         {"tb", "true"}},
        {x, weight(name, {outputs, inputs}), y});
  }

  const size_t* table() const { return tables_.data() + (ratio_ == 0 ? 0 : 2); }

  // The last rope_dim channels of each head of `dim`, in place.
  void turn(const std::string& role, TensorArgument x, int64_t heads, int64_t dim,
            bool back = false) {
    run(role, "rope",
        {option("tokens", t_),
         option("heads", heads),
         option("dim", dim),
         option("position", s_.past),
         option("positions", s_.capacity),
         option("rope-dim", c_.rope_dim),
         {"interleaved", "true"},
         {"inverse", back ? "true" : "false"},
         kF32Option},
        {x, at(table()[0]), at(table()[1]), x, s_.past});
  }

  Options hyper(int64_t tokens) const {
    return {option("tokens", tokens), option("dim", c_.hidden), option("streams", c_.streams),
            kF32Option};
  }

  // One half of a layer: mixes the streams to x, normed; y of it goes back to
  // the streams.
  template <typename Body>
  void mixed(const std::string& part, const Body& body) {
    Options pre = hyper(t_);
    pre.push_back(option("rounds", c_.sinkhorn_rounds));
    run("hc_pre", "hc_pre", std::move(pre),
        {at(h_), weight("hc_" + part + "_fn", {c_.mixes(), c_.streams * c_.hidden}),
         weight("hc_" + part + "_scale", {3}), weight("hc_" + part + "_base", {c_.mixes()}), at(x_),
         at(post_), at(comb_)});
    norm(part + "_norm", part + "_norm.weight", at(x_), at(x_), t_, c_.hidden);
    body();
    run("hc_post", "hc_post", hyper(t_), {at(y_), at(h_), at(post_), at(comb_), at(h_)});
  }

  // Closed blocks of `dim` channels go to the cache from `entries` on.
  void compress(const std::string& place, int64_t dim, TensorArgument entries) {
    const int64_t width = V4Config::compressor_width(ratio_, dim);
    const int64_t rows = ratio_ * width / dim;
    const size_t kv = activation(prefix_ + place + "kv_products", t_, width);
    const size_t gate = activation(prefix_ + place + "gate_products", t_, width);
    linear("compressor_kv", place + "compressor.wkv.weight", at(x_), at(kv), t_, width, c_.hidden);
    linear("compressor_gate", place + "compressor.wgate.weight", at(x_), at(gate), t_, width,
           c_.hidden);
    run("compressor", "compressor",
        {option("tokens", t_), option("dim", dim), option("rope-dim", c_.rope_dim),
         option("ratio", ratio_), option("position", s_.past),
         option("entries", s_.entries(ratio_)), option("positions", s_.capacity), kF32Option},
        {at(kv), at(gate), weight(place + "compressor.ape", {ratio_, width}),
         weight(place + "compressor.norm.weight", {dim}), at(table()[0]), at(table()[1]),
         cache(place + "kv_state", rows, width), cache(place + "gate_state", rows, width), entries,
         s_.past});
  }

  int64_t closed() const { return ratio_ == 0 ? 0 : (s_.past + t_) / ratio_; }

  // The best entries of each token go to its list, behind the window.
  void choose_entries() {
    const int64_t entries = s_.entries(4), k = std::min(c_.index_top_k, entries);
    const TensorArgument keys = cache("attn.indexer.keys", entries, c_.index_dim);
    compress("attn.indexer.", c_.index_dim, keys);
    const int64_t width = c_.index_heads * c_.index_dim;
    const size_t q = activation("index_q", t_, width);
    const size_t w = activation("index_weights", t_, c_.index_heads);
    const size_t scores = activation("index_scores", t_, entries);
    linear("index_q_proj", "attn.indexer.wq_b.weight", at(q_rank_), at(q), t_, width, c_.q_rank);
    turn("rope_index_q", at(q), c_.index_heads, c_.index_dim);
    linear("index_weights_proj", "attn.indexer.weights_proj.weight", at(x_), at(w), t_,
           c_.index_heads, c_.hidden);
    run("indexer", "indexer",
        {option("tokens", t_), option("heads", c_.index_heads), option("dim", c_.index_dim),
         option("entries", closed()), option("capacity", entries), kF32Option},
        {at(q), keys, at(w), at(scores), closed()});
    run("top_k", "top_k",
        {option("rows", t_), option("cols", entries), option("k", k), option("count", closed()),
         option("ratio", 4), option("position", s_.past), option("base", s_.ring(c_)),
         option("column", c_.window), option("width", v4_list_width(c_, s_, 4))},
        {at(scores), at(lists_[4]), closed(), s_.past, s_.ring(c_)});
  }

  void attention() {
    const int64_t ring = s_.ring(c_), rows = ring + (ratio_ == 0 ? 0 : s_.entries(ratio_));
    const TensorArgument kv = cache("attn.kv", rows, c_.head_dim);
    linear("q_a_proj", "attn.wq_a.weight", at(x_), at(q_rank_), t_, c_.q_rank, c_.hidden);
    norm("q_norm", "attn.q_norm.weight", at(q_rank_), at(q_rank_), t_, c_.q_rank);
    linear("q_b_proj", "attn.wq_b.weight", at(q_rank_), at(q_), t_, c_.q_width(), c_.q_rank);
    run("q_head_norm", "rms_per_head",
        {option("tokens", t_),
         option("heads", c_.heads),
         option("dim", c_.head_dim),
         kF32Option,
         {"eps", fmt::format("{}", c_.rms_eps)}},
        {at(q_), at(q_)});
    turn("rope_q", at(q_), c_.heads, c_.head_dim);
    linear("kv_proj", "attn.wkv.weight", at(x_), at(kv_new_), t_, c_.head_dim, c_.hidden);
    norm("kv_norm", "attn.kv_norm.weight", at(kv_new_), at(kv_new_), t_, c_.head_dim);
    turn("rope_kv", at(kv_new_), 1, c_.head_dim);
    run("cache_kv", "cache_write",
        {option("rows", t_), option("capacity", rows), option("cols", c_.head_dim), kF32Option},
        {at(kv_new_), at(ring_rows_), kv});
    if (ratio_ != 0) compress("attn.", c_.head_dim, at(kv.tensor, ring));
    if (ratio_ == 4) choose_entries();
    const int64_t width = v4_list_width(c_, s_, ratio_);
    const int64_t listed = ratio_ == 128 ? c_.window + closed() : width;
    run("attention", "sparse_attention",
        {option("tokens", t_), option("heads", c_.heads), option("dim", c_.head_dim),
         option("rows", rows), option("listed", listed), option("width", width), kF32Option},
        {at(q_), kv, at(lists_[ratio_]), weight("attn.attn_sink", {c_.heads}), at(attended_),
         listed});
    turn("rope_back", at(attended_), c_.heads, c_.head_dim, true);
    project_groups();
    linear("o_b_proj", "attn.wo_b.weight", at(o_rank_), at(y_), t_, c_.hidden,
           c_.o_groups * c_.o_rank);
  }

  // Row ids[i] of `from` becomes row i of `to`.
  void gather(const std::string& role, size_t from, size_t ids, size_t to, int64_t cols) {
    const int64_t rows = t_ * c_.o_groups;
    run(role, "embedding",
        {option("tokens", rows), option("vocabulary", rows), option("cols", cols), kF32Option},
        {at(from), at(ids), at(to)});
  }

  // Each group of heads through its own matrix. Rows of a token's groups lie together in
  // `attended`, those of a group's tokens in a grouped product; of one token that is the same.
  void project_groups() {
    const int64_t rows = t_ * c_.o_groups;
    const size_t counts = control("group_counts", {c_.o_groups});
    size_t x = attended_, y = o_rank_;
    if (t_ > 1) {
      x = activation("attended_groups", rows, c_.o_width());
      y = activation("o_rank_groups", rows, c_.o_rank);
      gather("to_groups", attended_, control("to_groups", {rows}), x, c_.o_width());
    }
    run("o_a_proj", "grouped_matmul",
        {option("rows", rows),
         option("experts", c_.o_groups),
         option("n", c_.o_rank),
         option("k", c_.o_width()),
         kF32Option,
         {"out", "fp32"}},
        {at(x), weight("attn.wo_a.weight", {c_.o_groups * c_.o_rank, c_.o_width()}), at(counts),
         at(y)});
    if (t_ > 1) gather("to_tokens", y, control("to_tokens", {rows}), o_rank_, c_.o_rank);
  }

  Arguments gate_arguments(TensorArgument logits) {
    if (layer_ < c_.hash_layers) {
      return {logits, weight("ffn.gate.tid2eid", {c_.vocab, c_.top_k}, Type::kI32), at(ids_)};
    }
    return {logits, weight("ffn.gate.bias", {c_.experts})};
  }

  void expert_product(const std::string& name, size_t x, size_t counts, size_t y, int64_t outputs,
                      int64_t inputs) {
    run("expert_" + name, "grouped_matmul",
        {option("rows", t_ * c_.top_k),
         option("experts", c_.experts),
         option("n", outputs),
         option("k", inputs),
         kF32Option,
         {"out", "fp32"}},
        {at(x), weight("ffn.experts." + name + ".weight", {c_.experts, outputs, inputs}),
         at(counts), at(y)});
  }

  void activate(const std::string& role, int64_t rows, double limit, const Arguments& arguments) {
    run(role, "swiglu_clamp",
        {option("rows", rows),
         option("cols", c_.expert_hidden),
         {"limit", fmt::format("{}", limit)},
         {"route", arguments.size() == 4 ? "true" : "false"},
         kF32Option},
        arguments);
  }

  void experts() {
    const int64_t pairs = t_ * c_.top_k, n = c_.expert_hidden;
    const size_t logits = activation("gate_logits", t_, c_.experts);
    const size_t weights = activation("route_weights", t_, c_.top_k);
    const size_t chosen = control("chosen", {t_, c_.top_k}),
                 counts = control("counts", {c_.experts});
    const size_t places = control("places", {c_.top_k, t_});
    const size_t rows = activation("expert_rows", pairs, c_.hidden);
    const size_t route = add("route", TensorRole::kActivation, Type::kF32, {pairs});
    const size_t gate = activation("expert_gate", pairs, n), up = activation("expert_up", pairs, n);
    linear("gate_proj", "ffn.gate.weight", at(x_), at(logits), t_, c_.experts, c_.hidden);
    Options gating{option("tokens", t_),
                   option("experts", c_.experts),
                   option("top-k", c_.top_k),
                   {"route-scale", fmt::format("{}", c_.route_scale)}};
    if (layer_ < c_.hash_layers) {
      gating.push_back(option("vocabulary", c_.vocab));
    } else {
      gating.push_back({"bias", "true"});
    }
    Arguments arguments = gate_arguments(at(logits));
    arguments.insert(arguments.end(), {at(weights), at(chosen)});
    run("gate", "gate", std::move(gating), std::move(arguments));
    run("permute", "permute",
        {option("tokens", t_), option("dim", c_.hidden), option("experts", c_.experts),
         option("top-k", c_.top_k), kF32Option},
        {at(x_), at(chosen), at(weights), at(counts), at(places), at(rows), at(route)});
    expert_product("w1", rows, counts, gate, n, c_.hidden);
    expert_product("w3", rows, counts, up, n, c_.hidden);
    activate("expert_swiglu", pairs, c_.swiglu_limit, {at(gate), at(up), at(route), at(gate)});
    expert_product("w2", gate, counts, rows, c_.hidden, n);
    shared_expert();
    run("combine", "combine",
        {option("tokens", t_),
         option("dim", c_.hidden),
         option("top-k", c_.top_k),
         {"shared", "true"},
         kF32Option},
        {at(rows), at(places), at(shared_), at(y_)});
  }

  void shared_expert() {
    const int64_t n = c_.expert_hidden;
    const size_t gate = activation("shared_gate", t_, n), up = activation("shared_up", t_, n);
    shared_ = activation("shared_y", t_, c_.hidden);
    linear("shared_w1", "ffn.shared_experts.w1.weight", at(x_), at(gate), t_, n, c_.hidden);
    linear("shared_w3", "ffn.shared_experts.w3.weight", at(x_), at(up), t_, n, c_.hidden);
    activate("shared_swiglu", t_, 0, {at(gate), at(up), at(gate)});
    linear("shared_w2", "ffn.shared_experts.w2.weight", at(gate), at(shared_), t_, c_.hidden, n);
  }

  // Only the last token is asked for its successor.
  void head() {
    const size_t logits = activation("logits", 1, c_.vocab);
    const size_t next = add("next", TensorRole::kActivation, Type::kI32, {1});
    run("hc_head", "hc_head", hyper(1),
        {at(h_, t_ - 1), weight("hc_head_fn", {c_.streams, c_.streams * c_.hidden}),
         weight("hc_head_scale", {1}), weight("hc_head_base", {c_.streams}), at(x_)});
    norm("final_norm", "norm.weight", at(x_), at(x_), 1, c_.hidden);
    linear("lm_head", "head.weight", at(x_), at(logits), 1, c_.vocab, c_.hidden);
    run("argmax", "argmax", {option("rows", 1), option("cols", c_.vocab), kF32Option},
        {at(logits), at(next)});
  }

  const V4Config& c_;
  const V4StepShape& s_;
  const int64_t t_;  // tokens
  Step step_;
  std::string prefix_;
  int64_t layer_ = 0, ratio_ = 0;
  std::map<int64_t, size_t> lists_;  // by ratio
  std::vector<size_t> tables_;       // cos and sin, plain and YaRN
  size_t ids_ = 0, stream_ids_ = 0, ring_rows_ = 0, h_ = 0, x_ = 0, y_ = 0, post_ = 0, comb_ = 0,
         q_rank_ = 0, q_ = 0, kv_new_ = 0, attended_ = 0, o_rank_ = 0, shared_ = 0;
};

}  // namespace

int64_t V4StepShape::entries(int64_t ratio) const { return std::max<int64_t>(1, capacity / ratio); }

int64_t v4_list_width(const V4Config& config, const V4StepShape& shape, int64_t ratio) {
  if (ratio == 0) return config.window;
  const int64_t entries = shape.entries(ratio);
  return config.window + (ratio == 4 ? std::min(config.index_top_k, entries) : entries);
}

Step v4_step(const V4Config& config, const V4StepShape& shape) {
  if (shape.past + shape.tokens > config.max_positions) {
    throw InputError(
        fmt::format("a context of {} tokens: the model has {} "
                    "positions (max_position_embeddings)",
                    shape.past + shape.tokens, config.max_positions));
  }
  if (config.rms_eps != kEps || config.hc_eps != kEps) {
    throw InputError(fmt::format("rms_norm_eps {} and hc_eps {}: the kernels have 1e-6",
                                 config.rms_eps, config.hc_eps));
  }
  NPU_ASSERT(shape.tokens >= 1 && shape.tokens <= shape.most);
  NPU_ASSERT(shape.past + shape.tokens <= shape.capacity);
  return Builder(config, shape).build();
}

}  // namespace npu
