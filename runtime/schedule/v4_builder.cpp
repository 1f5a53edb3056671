#include "runtime/schedule/v4_builder.h"

#include <fmt/format.h>

#include <utility>

namespace npu {

namespace {

constexpr int64_t kBlock = 128;  // rows and columns of a weight that share a scale

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

V4Builder::V4Builder(const V4Config& config, const V4StepShape& shape)
    : c_(config), s_(shape), t_(shape.tokens) {
  shared_tensors();
}

OptionText V4Builder::eps() const { return {"eps", fmt::format("{}", c_.rms_eps)}; }

size_t V4Builder::add(std::string name, TensorRole role, Type type, Dims dims) {
  step_.tensors.push_back({std::move(name), role, type, std::move(dims)});
  return step_.tensors.size() - 1;
}

size_t V4Builder::activation(std::string name, int64_t rows, int64_t cols) {
  return add(std::move(name), TensorRole::kActivation, wide(), {rows, cols});
}

size_t V4Builder::sums(std::string name, int64_t rows, int64_t cols) {
  return add(std::move(name), TensorRole::kActivation, Type::kF32, {rows, cols});
}

size_t V4Builder::control(std::string name, Dims dims) {
  return add(std::move(name), TensorRole::kControl, Type::kI32, std::move(dims));
}

TensorArgument V4Builder::cache(const std::string& name, Type type, int64_t rows, int64_t cols) {
  return at(add(prefix_ + name, TensorRole::kCache, type, {rows, cols}));
}

TensorArgument V4Builder::weight(const std::string& name, Dims dims, Type type) {
  return at(add(prefix_ + name, TensorRole::kWeight, type, std::move(dims)));
}

TensorArgument V4Builder::weight_scale(const std::string& name, Dims dims) {
  return weight(name.substr(0, name.rfind('.')) + ".scale", std::move(dims), Type::kE8m0);
}

void V4Builder::run(std::string role, std::string_view kernel, Options options,
                    Arguments arguments) {
  step_.operators.push_back(
      {std::move(role), &find_operator(kernel), std::move(options), std::move(arguments)});
}

void V4Builder::shared_tensors() {
  ids_ = control("ids", {t_});
  stream_ids_ = control("stream_ids", {t_ * c_.streams});
  ring_rows_ = control("ring_rows", {t_});
  past_ = control("past", {1});
  for (const int64_t ratio : {0, 4, 128}) {
    lists_[ratio] = control(fmt::format("lists.{}", ratio), {t_, v4_list_width(c_, s_, ratio)});
  }
  for (const char* kind : {"plain", "yarn"}) {
    for (const char* turn : {"cos", "sin"}) {
      tables_.push_back(add(fmt::format("rope_{}.{}", turn, kind), TensorRole::kWeight, Type::kF32,
                            {s_.capacity, c_.rope_dim / 2}));
    }
  }
  h_ = activation("h", t_, c_.streams * c_.hidden);
  x_ = activation("x", t_, c_.hidden);
  y_ = activation("y", t_, c_.hidden);
  post_ = sums("post", t_, c_.streams);
  comb_ = sums("comb", t_, c_.streams * c_.streams);
  q_rank_ = activation("q_rank", t_, c_.q_rank);
  q_ = activation("q", t_, c_.q_width());
  kv_new_ = activation("kv_new", t_, c_.head_dim);
  attended_ = activation("attended", t_, c_.q_width());
  o_rank_ = activation("o_rank", t_, c_.o_groups * c_.o_rank);
}

void V4Builder::norm(const std::string& role, const std::string& name, TensorArgument x,
                     TensorArgument y, int64_t rows, int64_t cols) {
  run(role, "rmsnorm", {option("rows", rows), option("cols", cols), dtype(), eps()},
      {x, weight(name, {cols}), y});
}

void V4Builder::plain(const std::string& role, const std::string& name, TensorArgument x,
                      TensorArgument y, int64_t rows, int64_t outputs, int64_t inputs, Type out,
                      double alpha) {
  Options options{option("m", rows), option("n", outputs), option("k", inputs),
                  dtype(),           option("out", out),   {"tb", "true"}};
  if (alpha != 1) options.push_back({"alpha", fmt::format("{}", alpha)});
  run(role, "matmul", std::move(options), {x, weight(name, {outputs, inputs}, wide()), y});
}

V4Builder::Input V4Builder::input(size_t x, int64_t rows, int64_t cols) {
  if (!native()) return {at(x), {}};
  const std::string name = step_.tensors[x].name;
  const Input::Codes codes{
      at(add(name + ".codes", TensorRole::kActivation, Type::kE4m3, {rows, cols})),
      at(add(name + ".scales", TensorRole::kActivation, Type::kE8m0,
             {rows, ceil_div(cols, kBlock)}))};
  run("quantise_" + name, "quantize",
      {option("rows", rows), option("cols", cols), option("group", kBlock), dtype()},
      {at(x), codes.values, codes.scales});
  return {at(x), codes};
}

void V4Builder::linear(const std::string& role, const std::string& name, const Input& x,
                       TensorArgument y, int64_t rows, int64_t outputs, int64_t inputs) {
  if (!x.codes) return plain(role, name, x.values, y, rows, outputs, inputs, wide());
  run(role, "matmul_fp8_block",
      {option("m", rows), option("n", outputs), option("k", inputs), option("out", wide())},
      {x.codes->values, x.codes->scales, weight(name, {outputs, inputs}, Type::kE4m3),
       weight_scale(name, {ceil_div(outputs, kBlock), ceil_div(inputs, kBlock)}), y});
}

void V4Builder::quantise(const std::string& role, TensorArgument x, int64_t rows, int64_t cols,
                         Type code, int64_t group, int64_t keep) {
  if (!native() || rows == 0) return;
  run(role, "quantize",
      {option("rows", rows),
       option("cols", cols),
       option("group", group),
       option("code", code),
       option("keep", keep),
       {"values", "true"},
       dtype()},
      {x, x});
}

void V4Builder::turn(const std::string& role, TensorArgument x, int64_t heads, int64_t dim,
                     bool back) {
  run(role, "rope",
      {option("tokens", t_),
       option("heads", heads),
       option("dim", dim),
       option("position", s_.past),
       option("positions", s_.capacity),
       option("rope-dim", c_.rope_dim),
       {"interleaved", "true"},
       {"inverse", back ? "true" : "false"},
       dtype()},
      {x, at(table()[0]), at(table()[1]), x, s_.past});
}

V4Builder::Options V4Builder::hyper(int64_t tokens) const {
  return {option("tokens", tokens), option("dim", c_.hidden), option("streams", c_.streams),
          dtype()};
}

template <typename Body>
void V4Builder::mixed(const std::string& part, const Body& body) {
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

void V4Builder::one_layer(int64_t index) {
  layer_ = index;
  prefix_ = fmt::format("layers.{}.", index);
  ratio_ = c_.ratio(index);
  mixed("attn", [&] { attention(); });
  mixed("ffn", [&] { experts(); });
  prefix_.clear();
}

// Only the last token is asked for its successor.
void V4Builder::head() {
  const size_t logits = sums("logits", 1, c_.vocab);
  const size_t next = add("next", TensorRole::kActivation, Type::kI32, {1});
  run("hc_head", "hc_head", hyper(1),
      {at(h_, t_ - 1), weight("hc_head_fn", {c_.streams, c_.streams * c_.hidden}),
       weight("hc_head_scale", {1}), weight("hc_head_base", {c_.streams}), at(x_)});
  norm("final_norm", "norm.weight", at(x_), at(x_), 1, c_.hidden);
  plain("lm_head", "head.weight", at(x_), at(logits), 1, c_.vocab, c_.hidden, Type::kF32);
  run("argmax", "argmax",
      {option("rows", 1), option("cols", c_.vocab), option("dtype", Type::kF32)},
      {at(logits), at(next)});
}

Step V4Builder::model() {
  run("embedding", "embedding",
      {option("tokens", t_ * c_.streams), option("vocabulary", c_.vocab), option("cols", c_.hidden),
       dtype()},
      {weight("embed.weight", {c_.vocab, c_.hidden}, wide()), at(stream_ids_), at(h_)});
  for (int64_t index = 0; index < c_.layers; ++index) one_layer(index);
  head();
  return std::move(step_);
}

Step V4Builder::layer(int64_t index) {
  one_layer(index);
  return std::move(step_);
}

}  // namespace npu
