// The mixture of experts of a layer: the gate, the routed experts and the shared one.
#include <fmt/format.h>

#include "runtime/schedule/v4_builder.h"

namespace npu {

namespace {

constexpr int64_t kGroup = 32;  // columns of an expert's weight that share a scale

}  // namespace

void V4Builder::experts() {
  const int64_t pairs = t_ * c_.top_k, n = c_.expert_hidden;
  const size_t logits = sums("gate_logits", t_, c_.experts);
  const size_t weights = sums("route_weights", t_, c_.top_k);
  const size_t chosen = control("chosen", {t_, c_.top_k}), counts = control("counts", {c_.experts});
  const size_t places = control("places", {c_.top_k, t_});
  const size_t rows = activation("expert_rows", pairs, c_.hidden);
  const size_t route = add("route", TensorRole::kActivation, Type::kF32, {pairs});
  const size_t gate = activation("expert_gate", pairs, n), up = activation("expert_up", pairs, n);
  plain("gate_proj", "ffn.gate.weight", at(x_), at(logits), t_, c_.experts, c_.hidden, Type::kF32);
  choose_experts(logits, weights, chosen);
  run("permute", "permute",
      {option("tokens", t_), option("dim", c_.hidden), option("experts", c_.experts),
       option("top-k", c_.top_k), dtype()},
      {at(x_), at(chosen), at(weights), at(counts), at(places), at(rows), at(route)});
  const Input x = input(rows, pairs, c_.hidden);
  expert_product("w1", x, counts, gate, n, c_.hidden);
  expert_product("w3", x, counts, up, n, c_.hidden);
  activate("expert_swiglu", pairs, c_.swiglu_limit, {at(gate), at(up), at(route), at(gate)});
  expert_product("w2", input(gate, pairs, n), counts, rows, c_.hidden, n);
  const size_t shared = shared_expert();
  run("combine", "combine",
      {option("tokens", t_),
       option("dim", c_.hidden),
       option("top-k", c_.top_k),
       {"shared", "true"},
       dtype()},
      {at(rows), at(places), at(shared), at(y_)});
}

// By the scores, or in the first layers by a table of token ids.
void V4Builder::choose_experts(size_t logits, size_t weights, size_t chosen) {
  Options options{option("tokens", t_),
                  option("experts", c_.experts),
                  option("top-k", c_.top_k),
                  {"route-scale", fmt::format("{}", c_.route_scale)}};
  Arguments arguments{at(logits)};
  if (layer_ < c_.hash_layers) {
    options.push_back(option("vocabulary", c_.vocab));
    arguments.insert(arguments.end(),
                     {weight("ffn.gate.tid2eid", {c_.vocab, c_.top_k}, Type::kI32), at(ids_)});
  } else {
    options.push_back({"bias", "true"});
    arguments.push_back(weight("ffn.gate.bias", {c_.experts}));
  }
  arguments.insert(arguments.end(), {at(weights), at(chosen)});
  run("gate", "gate", std::move(options), std::move(arguments));
}

// Weights of fp4 in groups of 32 where they are native.
void V4Builder::expert_product(const std::string& name, const Input& x, size_t counts, size_t y,
                               int64_t outputs, int64_t inputs) {
  const std::string weights = "ffn.experts." + name + ".weight";
  const Dims dims{c_.experts, outputs, inputs};
  Options options{option("rows", t_ * c_.top_k), option("experts", c_.experts),
                  option("n", outputs), option("k", inputs), option("out", wide())};
  if (!x.codes) {
    options.push_back(dtype());
    run("expert_" + name, "grouped_matmul", std::move(options),
        {x.values, weight(weights, dims, wide()), at(counts), at(y)});
    return;
  }
  options.push_back(option("dtype", Type::kE4m3));
  options.push_back(option("weight", Type::kE2m1));
  run("expert_" + name, "grouped_matmul", std::move(options),
      {x.codes->values, x.codes->scales, weight(weights, dims, Type::kE2m1),
       weight_scale(weights, {c_.experts, outputs, (inputs + kGroup - 1) / kGroup}), at(counts),
       at(y)});
}

void V4Builder::activate(const std::string& role, int64_t rows, double limit,
                         const Arguments& arguments) {
  run(role, "swiglu_clamp",
      {option("rows", rows),
       option("cols", c_.expert_hidden),
       {"limit", fmt::format("{}", limit)},
       {"route", arguments.size() == 4 ? "true" : "false"},
       dtype()},
      arguments);
}

size_t V4Builder::shared_expert() {
  const int64_t n = c_.expert_hidden;
  const size_t gate = activation("shared_gate", t_, n), up = activation("shared_up", t_, n);
  const size_t y = activation("shared_y", t_, c_.hidden);
  const Input x = input(x_, t_, c_.hidden);
  linear("shared_w1", "ffn.shared_experts.w1.weight", x, at(gate), t_, n, c_.hidden);
  linear("shared_w3", "ffn.shared_experts.w3.weight", x, at(up), t_, n, c_.hidden);
  activate("shared_swiglu", t_, 0, {at(gate), at(up), at(gate)});
  linear("shared_w2", "ffn.shared_experts.w2.weight", input(gate, t_, n), at(y), t_, c_.hidden, n);
  return y;
}

}  // namespace npu
