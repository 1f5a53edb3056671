// Whole mixtures of experts: gate, permutation, two grouped products around SwiGLU, combination.
#include "tests/golden/recipes.h"

namespace npu::golden {
namespace {

// y = x w^T for x (rows, k), w (n, k).
Values product(KernelBench& bench, const Values& x, const Values& w, int64_t rows, int64_t n,
               int64_t k) {
  KernelCall call(bench, "matmul",
                  option("m", rows) + option("n", n) + option("k", k) + "dtype=fp32 tb=true");
  return call.with("a", x).with("b", w).run().output("c");
}

// A weight with its block scales multiplied in, which float32 holds exactly.
Values dequantised(const Case& c, const std::string& weight) {
  Values values = c.values(weight);
  if (!c.has(weight + "_scale")) return values;
  const Values scales = c.values(weight + "_scale");
  const std::vector<int64_t> dims = c.dims(weight), blocks = c.dims(weight + "_scale");
  const bool experts = dims.size() == 3;  // a scale for each row and 32 columns, else 128 x 128
  const int64_t cols = dims.back(), scale_cols = blocks.back();
  for (size_t i = 0; i < values.size(); ++i) {
    const auto row = static_cast<int64_t>(i) / cols, col = static_cast<int64_t>(i) % cols;
    const int64_t at = experts ? row * scale_cols + col / 32 : row / 128 * scale_cols + col / 128;
    values[i] *= scales[static_cast<size_t>(at)];
  }
  return values;
}

struct Moe {
  const Case& c;
  KernelBench& bench;
  int64_t tokens, dim, experts, top_k, hidden;

  Moe(const Case& golden, KernelBench& with)
      : c(golden),
        bench(with),
        tokens(c.dim("x", 0)),
        dim(c.dim("x", 1)),
        experts(c.dim("w1", 0)),
        top_k(c.integer("top_k")),
        hidden(c.dim("w1", 1)) {}

  KernelCall gate(const std::string& options) const {
    const Values logits = product(bench, c.values("x"), c.values("gate"), tokens, experts, dim);
    KernelCall call(
        bench, "gate",
        option("tokens", tokens) + option("experts", experts) + option("top-k", top_k) + options);
    call.with("logits", logits);
    if (c.has("bias")) call.with("bias", c.values("bias"));
    if (c.has("tid2eid"))
      call.with("table", c.values("tid2eid")).with("ids", c.values("token_ids"));
    call.run();
    c.expect("weights", call.output("weights"));
    c.expect("experts", call.output("chosen"));
    return call;
  }

  Values grouped(const Values& x, const char* weight, const Values& counts, int64_t n,
                 int64_t k) const {
    KernelCall call(bench, "grouped_matmul",
                    option("rows", tokens * top_k) + option("experts", experts) + option("n", n) +
                        option("k", k) + "dtype=fp32");
    return call.with("x", x)
        .with("w", dequantised(c, weight))
        .with("counts", counts)
        .run()
        .output("y");
  }

  Values swiglu(const Values& gates, const Values& ups, int64_t rows, double limit,
                const Values& route) const {
    KernelCall call(bench, "swiglu_clamp",
                    option("rows", rows) + option("cols", hidden) + "dtype=fp32 limit=" +
                        std::to_string(limit) + (route.empty() ? " route=false" : " route=true"));
    call.with("gate", gates).with("up", ups);
    if (!route.empty()) call.with("route", route);
    return call.run().output("y");
  }

  // early: the route weight goes in before w2, else the results are weighted.
  void run(const KernelCall& gate, double limit, bool early, const Values& shared) const {
    KernelCall permute(bench, "permute",
                       option("tokens", tokens) + option("dim", dim) + option("experts", experts) +
                           option("top-k", top_k) + "dtype=fp32");
    permute.with("x", c.values("x"))
        .with("chosen", gate.output("chosen"))
        .with("weights", gate.output("weights"))
        .run();
    const Values counts = permute.output("counts"), rows = permute.output("y");
    if (c.has("tokens_per_expert")) c.expect("tokens_per_expert", counts);
    const Values between =
        swiglu(grouped(rows, "w1", counts, hidden, dim), grouped(rows, "w3", counts, hidden, dim),
               tokens * top_k, limit, early ? permute.output("route") : Values{});
    KernelCall combine(bench, "combine",
                       option("tokens", tokens) + option("dim", dim) + option("top-k", top_k) +
                           "dtype=fp32" + (early ? " weighted=false" : " weighted=true") +
                           (shared.empty() ? " shared=false" : " shared=true"));
    combine.with("x", grouped(between, "w2", counts, dim, hidden))
        .with("places", permute.output("places"));
    if (!early) combine.with("weights", gate.output("weights"));
    if (!shared.empty()) combine.with("shared", shared);
    c.expect("y", combine.run().output("y"));
  }

  Values shared_expert() const {
    const auto up = [&](const char* weight) {
      return product(bench, c.values("x"), dequantised(c, weight), tokens, hidden, dim);
    };
    const Values between = swiglu(up("shared_w1"), up("shared_w3"), tokens, 0, {});
    return product(bench, between, dequantised(c, "shared_w2"), tokens, dim, hidden);
  }
};

void moe_v4(const Case& c, KernelBench& bench) {
  const Moe moe(c, bench);
  std::string options =
      "scoring=sqrtsoftplus route-scale=" + c.parameters().at("route_scale").dump();
  if (c.has("bias")) options += " bias=true";
  if (c.has("tid2eid")) options += " " + option("vocabulary", c.dim("tid2eid", 0));
  moe.run(moe.gate(options), c.real("swiglu_limit"), true, moe.shared_expert());
}

void moe_mixtral(const Case& c, KernelBench& bench) {
  const Moe moe(c, bench);
  moe.run(moe.gate("scoring=softmax"), 0, false, {});
}

// Block-diagonal product over groups of heads, then a plain one.
void grouped_o_proj(const Case& c, KernelBench& bench) {
  const int64_t tokens = c.dim("o", 0), groups = c.dim("wo_a", 0), rank = c.dim("wo_a", 1);
  const int64_t depth = c.dim("wo_a", 2), n = c.dim("wo_b", 0);
  const Values o = c.values("o"), wo_a = c.values("wo_a");
  Values joined(static_cast<size_t>(tokens * groups * rank));
  for (int64_t g = 0; g < groups; ++g) {
    Values part;
    for (int64_t t = 0; t < tokens; ++t) {
      const auto row = o.begin() + (t * groups + g) * depth;
      part.insert(part.end(), row, row + depth);
    }
    const auto weight = wo_a.begin() + g * rank * depth;
    const Values y =
        product(bench, part, Values(weight, weight + rank * depth), tokens, rank, depth);
    for (int64_t t = 0; t < tokens; ++t) {
      std::copy_n(y.begin() + t * rank, rank, joined.begin() + (t * groups + g) * rank);
    }
  }
  c.expect("o_a", joined);
  c.expect("y", product(bench, joined, c.values("wo_b"), tokens, n, groups * rank));
}

}  // namespace

void add_moe_recipes(Recipes& recipes) {
  recipes.insert(
      {{"moe_v4", moe_v4}, {"moe_mixtral", moe_mixtral}, {"grouped_o_proj", grouped_o_proj}});
}

}  // namespace npu::golden
