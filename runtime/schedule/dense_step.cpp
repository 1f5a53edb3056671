#include "runtime/schedule/dense_step.h"

#include <fmt/format.h>

#include <utility>

#include "isa/errors.h"

namespace npu {

namespace {

using Arguments = std::vector<StepArgument>;

OptionText option(std::string name, int64_t value) {
  return {std::move(name), std::to_string(value)};
}
OptionText option(std::string name, Type type) { return {std::move(name), type_name(type)}; }

// Walks through the model once, in the order of its data flow. Members named
// like tensors hold their index.
class Builder {
 public:
  Builder(const ModelConfig& model, const StepShape& shape)
      : m_(model), s_(shape), rows_(shape.rows()) {}

  Step build() {
    ids_ = add("ids", TensorRole::kControl, Type::kI32, {rows_});
    if (scattered()) cache_rows_ = add("cache_rows", TensorRole::kControl, Type::kI32, {rows_});
    cos_ = add("rope_cos", TensorRole::kWeight, Type::kF32, {s_.capacity, m_.head_dim / 2});
    sin_ = add("rope_sin", TensorRole::kWeight, Type::kF32, {s_.capacity, m_.head_dim / 2});
    table_ = weight("embedding", m_.vocab, m_.hidden);
    x_ = activation("x", m_.hidden);
    normed_ = activation("normed", m_.hidden);
    q_ = activation("q", m_.q_width());
    if (scattered()) {
      k_new_ = activation("k_new", m_.kv_width());
      v_new_ = activation("v_new", m_.kv_width());
    }
    attended_ = activation("attended", m_.q_width());
    delta_ = activation("delta", m_.hidden);
    gate_ = activation("gate", m_.intermediate);
    up_ = activation("up", m_.intermediate);

    run("embedding", "embedding",
        {option("tokens", rows_), option("vocabulary", m_.vocab), option("cols", m_.hidden),
         type()},
        {at(table_), at(ids_), at(x_)});
    for (int64_t layer = 0; layer < m_.layers; ++layer) {
      prefix_ = fmt::format("layers.{}.", layer);
      attention();
      feed_forward();
    }
    prefix_.clear();
    head();
    return std::move(step_);
  }

 private:
  // Several sequences have their caches behind one another, so that new rows
  // lie apart: they go through a list.
  bool scattered() const { return s_.sequences > 1; }

  OptionText type() const { return option("dtype", s_.type); }
  static TensorArgument at(size_t tensor, int64_t row = 0) { return {tensor, row}; }

  size_t add(std::string name, TensorRole role, Type type, std::vector<int64_t> dims) {
    step_.tensors.push_back({std::move(name), role, type, std::move(dims)});
    return step_.tensors.size() - 1;
  }
  size_t activation(std::string name, int64_t cols) {
    return add(std::move(name), TensorRole::kActivation, s_.type, {rows_, cols});
  }
  size_t weight(const std::string& name, int64_t rows, int64_t cols) {
    return add(prefix_ + name, TensorRole::kWeight, s_.type, {rows, cols});
  }
  size_t vector_weight(const std::string& name, int64_t count) {
    return add(prefix_ + name, TensorRole::kWeight, Type::kF32, {count});
  }
  size_t cache(const std::string& name) {
    return add(prefix_ + name, TensorRole::kCache, s_.type,
               {s_.sequences * s_.capacity, m_.kv_width()});
  }

  void run(std::string role, std::string_view kernel, std::vector<OptionText> options,
           Arguments arguments) {
    step_.operators.push_back(
        {std::move(role), &find_operator(kernel), std::move(options), std::move(arguments)});
  }

  void norm(const std::string& role, const std::string& weight_name, TensorArgument x,
            TensorArgument y, int64_t rows, int64_t cols) {
    run(role, "rmsnorm",
        {option("rows", rows),
         option("cols", cols),
         type(),
         {"eps", fmt::format("{}", m_.rms_eps)}},
        {x, at(vector_weight(weight_name, cols)), y});
  }

  // y = x W^T, W as (outputs, inputs).
  void linear(const std::string& role, TensorArgument x, size_t w, TensorArgument y, int64_t rows,
              int64_t outputs, int64_t inputs, Type out, const std::string& bias = "") {
    std::vector<OptionText> options{option("m", rows),   option("n", outputs),
                                    option("k", inputs), type(),
                                    option("out", out),  {"tb", "true"}};
    Arguments arguments{x, at(w)};
    if (m_.attention_bias && !bias.empty()) {
      options.push_back({"bias", "true"});
      arguments.push_back(at(vector_weight(bias, outputs)));
    }
    arguments.push_back(y);
    run(role, "matmul", std::move(options), std::move(arguments));
  }

  void project(const std::string& role, const std::string& weight_name, size_t x, TensorArgument y,
               int64_t outputs, int64_t inputs, const std::string& bias = "") {
    linear(role, at(x), weight(weight_name, outputs, inputs), y, rows_, outputs, inputs, s_.type,
           bias);
  }

  // Sequences of a decode step stand at the same position: all their heads turn
  // by one angle.
  void turn(const std::string& role, TensorArgument x, int64_t heads) {
    run(role, "rope",
        {option("tokens", scattered() ? 1 : s_.tokens),
         option("heads", scattered() ? rows_ * heads : heads),
         option("dim", m_.head_dim),
         option("position", s_.past),
         option("positions", s_.capacity),
         {"interleaved", m_.rope_layout == RopeLayout::kInterleaved ? "true" : "false"},
         type()},
        {x, at(cos_), at(sin_), x, s_.past});
  }

  void write_cache(const std::string& role, size_t x, size_t cache) {
    run(role, "cache_write",
        {option("rows", rows_), option("capacity", s_.sequences * s_.capacity),
         option("cols", m_.kv_width()), type()},
        {at(x), at(cache_rows_), at(cache)});
  }

  void attend(size_t keys, size_t values) {
    std::vector<OptionText> options{option("heads", m_.heads), option("kv-heads", m_.kv_heads),
                                    option("dim", m_.head_dim), option("capacity", s_.capacity),
                                    type()};
    const int64_t visible = s_.past + s_.tokens;
    if (s_.decode()) {
      options.push_back(option("batch", rows_));
      options.push_back(option("keys", visible));
      run("attention", "decode_attention", std::move(options),
          {at(q_), at(keys), at(values), at(attended_), visible});
    } else {
      options.push_back(option("tokens", rows_));
      options.push_back(option("past", s_.past));
      run("attention", "flash_attention", std::move(options),
          {at(q_), at(keys), at(values), at(attended_), s_.past});
    }
  }

  void add_to_stream(const std::string& role) {
    run(role, "add", {option("count", rows_ * m_.hidden), type()}, {at(x_), at(delta_), at(x_)});
  }

  void attention() {
    norm("attention_norm", "attention_norm", at(x_), at(normed_), rows_, m_.hidden);
    const size_t keys = cache("keys"), values = cache("values");
    const TensorArgument k = scattered() ? at(k_new_) : at(keys, s_.past);
    const TensorArgument v = scattered() ? at(v_new_) : at(values, s_.past);
    project("q_proj", "wq", normed_, at(q_), m_.q_width(), m_.hidden, "bq");
    project("k_proj", "wk", normed_, k, m_.kv_width(), m_.hidden, "bk");
    project("v_proj", "wv", normed_, v, m_.kv_width(), m_.hidden, "bv");
    if (m_.qk_norm) {
      norm("q_norm", "q_norm", at(q_), at(q_), rows_ * m_.heads, m_.head_dim);
      norm("k_norm", "k_norm", k, k, rows_ * m_.kv_heads, m_.head_dim);
    }
    turn("rope_q", at(q_), m_.heads);
    turn("rope_k", k, m_.kv_heads);
    if (scattered()) {
      write_cache("cache_keys", k_new_, keys);
      write_cache("cache_values", v_new_, values);
    }
    attend(keys, values);
    project("o_proj", "wo", attended_, at(delta_), m_.hidden, m_.q_width(), "bo");
    add_to_stream("attention_add");
  }

  void feed_forward() {
    norm("ffn_norm", "ffn_norm", at(x_), at(normed_), rows_, m_.hidden);
    project("gate_proj", "w_gate", normed_, at(gate_), m_.intermediate, m_.hidden);
    project("up_proj", "w_up", normed_, at(up_), m_.intermediate, m_.hidden);
    run("swiglu", "swiglu", {option("count", rows_ * m_.intermediate), type()},
        {at(gate_), at(up_), at(gate_)});
    project("down_proj", "w_down", gate_, at(delta_), m_.hidden, m_.intermediate);
    add_to_stream("ffn_add");
  }

  // Only the last token of a sequence is asked for its successor.
  void head() {
    const int64_t last = s_.tokens - 1, rows = s_.sequences;
    const size_t logits = add("logits", TensorRole::kActivation, Type::kF32, {rows, m_.vocab});
    const size_t next = add("next", TensorRole::kActivation, Type::kI32, {rows});
    norm("final_norm", "final_norm", at(x_, last), at(normed_, last), rows, m_.hidden);
    const size_t w = m_.tied_embeddings ? table_ : weight("head", m_.vocab, m_.hidden);
    linear("lm_head", at(normed_, last), w, at(logits), rows, m_.vocab, m_.hidden, Type::kF32);
    run("argmax", "argmax",
        {option("rows", rows), option("cols", m_.vocab), option("dtype", Type::kF32)},
        {at(logits), at(next)});
  }

  const ModelConfig& m_;
  const StepShape& s_;
  const int64_t rows_;
  Step step_;
  std::string prefix_;
  size_t ids_ = 0, cache_rows_ = 0, cos_ = 0, sin_ = 0, table_ = 0, x_ = 0, normed_ = 0, q_ = 0,
         k_new_ = 0, v_new_ = 0, attended_ = 0, delta_ = 0, gate_ = 0, up_ = 0;
};

}  // namespace

Step dense_step(const ModelConfig& model, const StepShape& shape) {
  if (shape.sequences < 1 || shape.tokens < 1 || shape.past < 0 ||
      (shape.sequences > 1 && shape.tokens > 1)) {
    throw InputError(
        fmt::format("a step of {} sequences with {} tokens each: "
                    "allowed are one token for each of "
                    "several sequences, or "
                    "any number of tokens of one sequence",
                    shape.sequences, shape.tokens));
  }
  if (shape.type != Type::kF32 && shape.type != Type::kF16 && shape.type != Type::kBf16) {
    throw InputError(
        fmt::format("--dtype {}: a model runs in one of fp32 fp16 bf16", type_name(shape.type)));
  }
  if (shape.past + shape.tokens > model.max_positions) {
    throw InputError(
        fmt::format("a context of {} tokens: the model has {} "
                    "positions (max_position_embeddings)",
                    shape.past + shape.tokens, model.max_positions));
  }
  NPU_ASSERT(shape.past + shape.tokens <= shape.capacity);
  return Builder(model, shape).build();
}

}  // namespace npu
