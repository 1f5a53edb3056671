#include <algorithm>

#include "tests/golden/recipes.h"

namespace npu::golden {
namespace {

void expect_gate(const Case& c, const KernelCall& call) {
  c.expect("weights", call.output("weights"));
  c.expect("experts", call.output("chosen"));
}

std::string gate_options(const Case& c) {
  return option("tokens", c.dim("logits", 0)) + option("experts", c.dim("logits", 1)) +
         option("top-k", c.dim("weights", 1));
}

void gate_softmax(const Case& c, KernelBench& bench) {
  KernelCall call(bench, "gate",
                  gate_options(c) + "scoring=softmax normalised=" +
                      (c.flag("norm_topk_prob") ? "true" : "false"));
  expect_gate(c, call.with("logits", c.values("logits")).run());
}

void gate_sigmoid_groups(const Case& c, KernelBench& bench) {
  KernelCall call(bench, "gate",
                  gate_options(c) + option("groups", c.integer("n_group")) +
                      option("kept", c.integer("topk_group")) +
                      "scoring=sigmoid bias=true route-scale=" +
                      c.parameters().at("routed_scaling_factor").dump());
  call.with("logits", c.values("logits")).with("bias", c.values("bias"));
  expect_gate(c, call.run());
}

void gate_sqrtsoftplus(const Case& c, KernelBench& bench) {
  KernelCall call(bench, "gate",
                  gate_options(c) + "scoring=sqrtsoftplus bias=true route-scale=" +
                      c.parameters().at("route_scale").dump());
  call.with("logits", c.values("logits")).with("bias", c.values("bias"));
  expect_gate(c, call.run());
}

void gate_hash(const Case& c, KernelBench& bench) {
  KernelCall call(
      bench, "gate",
      gate_options(c) + option("vocabulary", c.dim("tid2eid", 0)) +
          "scoring=sqrtsoftplus route-scale=" + c.parameters().at("route_scale").dump());
  call.with("logits", c.values("logits"))
      .with("table", c.values("tid2eid"))
      .with("ids", c.values("token_ids"));
  expect_gate(c, call.run());
}

void swiglu_clamp(const Case& c, KernelBench& bench) {
  const std::string shape = option("rows", c.dim("y", 0)) + option("cols", c.dim("y", 1)) +
                            "dtype=fp32 limit=" + c.parameters().at("limit").dump();
  const bool pairs = c.text("variant") == "gpt-oss", route = c.has("route_w");
  KernelCall call(bench, "swiglu_clamp",
                  shape + (pairs ? " pairs=true" : "") + (route ? " route=true" : " route=false"));
  if (pairs) {
    call.with("gate_up", c.values("x"));
  } else {
    call.with("gate", c.values("gate")).with("up", c.values("up"));
  }
  if (route) call.with("route", c.values("route_w"));
  c.expect("y", call.run().output("y"));
}

}  // namespace

void add_expert_recipes(Recipes& recipes) {
  recipes.insert({{"gate_softmax", gate_softmax},
                  {"gate_sigmoid_groups", gate_sigmoid_groups},
                  {"gate_sqrtsoftplus", gate_sqrtsoftplus},
                  {"gate_hash", gate_hash},
                  {"swiglu_clamp", swiglu_clamp}});
}

}  // namespace npu::golden
