// DeepSeek-V4's attention: over listed rows, and what makes and chooses the rows.
#include <cmath>
#include <limits>

#include "kernels/ops/rope.h"
#include "tests/golden/recipes.h"

namespace npu::golden {
namespace {

double as_value(int64_t number) { return static_cast<double>(number); }

void sparse_attn(const Case& c, KernelBench& bench) {
  KernelCall call(bench, "sparse_attention",
                  option("tokens", c.dim("q", 0)) + option("heads", c.dim("q", 1)) +
                      option("dim", c.dim("q", 2)) + option("rows", c.dim("kv", 0)) +
                      option("listed", c.dim("idx", 1)) + "dtype=fp32");
  call.with("q", c.values("q")).with("kv", c.values("kv")).with("lists", c.values("idx"));
  c.expect("o", call.with("sink", c.values("sink")).run().output("out"));
}

void indexer(const Case& c, KernelBench& bench) {
  const int64_t tokens = c.dim("q", 0), entries = c.dim("k", 0);
  KernelCall score(bench, "indexer",
                   option("tokens", tokens) + option("heads", c.dim("q", 1)) +
                       option("dim", c.dim("q", 2)) + option("entries", entries) + "dtype=fp32");
  score.with("q", c.values("q")).with("k", c.values("k")).with("weight", c.values("w")).run();
  c.expect("score", score.output("score"));
  KernelCall top(bench, "top_k",
                 option("rows", tokens) + option("cols", entries) + option("k", c.dim("topk", 1)) +
                     "ratio=4 " + option("position", c.integer("first_query_position")));
  c.expect_sets("topk", top.with("x", score.output("score")).run().output("y"));
}

Values product(KernelBench& bench, const Case& c, const std::string& weight) {
  KernelCall call(bench, "matmul",
                  option("m", c.dim("x", 0)) + option("n", c.dim(weight, 0)) +
                      option("k", c.dim("x", 1)) + "dtype=fp32 tb=true");
  return call.with("a", c.values("x")).with("b", c.values(weight)).run().output("c");
}

// What is kept from launch to launch.
struct Compressed {
  Values kv_state, gate_state, cache;
};

// Tokens `from` to `from + count` of the products.
void compress(const Case& c, KernelBench& bench, int64_t from, int64_t count, const Values& kv,
              const Values& gate, Compressed& state) {
  const int64_t tokens = c.integer("tokens"), ratio = c.integer("ratio"),
                turned = c.integer("rope_dim"), width = c.dim("wkv", 0);
  Values cos, sin;
  const Yarn yarn{.factor = 16, .original_positions = 65536};
  for (int64_t position = 0; position < tokens; ++position) {
    for (const double f : rope_frequencies(turned, c.real("theta"), yarn)) {
      cos.push_back(std::cos(as_value(position) * f));
      sin.push_back(std::sin(as_value(position) * f));
    }
  }
  KernelCall call(bench, "compressor",
                  option("tokens", count) + option("dim", c.integer("head_dim")) +
                      option("rope-dim", turned) + option("ratio", ratio) +
                      option("position", from) + option("entries", tokens / ratio) +
                      option("positions", tokens) + "dtype=fp32");
  const auto part = [&](const Values& all) {
    return Values(all.begin() + from * width, all.begin() + (from + count) * width);
  };
  call.with("kv", part(kv)).with("gate", part(gate)).with("ape", c.values("ape"));
  call.with("norm", c.values("norm")).with("cos", cos).with("sin", sin);
  call.with("kv_state", state.kv_state).with("gate_state", state.gate_state);
  call.with("cache", state.cache).run();
  state = {call.output("kv_state"), call.output("gate_state"), call.output("cache")};
}

// A prefill, a step of one token, and the rest at once: three ways into the same state.
void compressor(const Case& c, KernelBench& bench) {
  const int64_t tokens = c.integer("tokens"), prefill = c.integer("prefill_tokens"),
                ratio = c.integer("ratio"), width = c.dim("wkv", 0);
  const Values kv = product(bench, c, "wkv"), gate = product(bench, c, "wgate");
  const auto rows = static_cast<size_t>((ratio == 4 ? 2 : 1) * ratio * width);
  Compressed state{Values(rows), Values(rows, -std::numeric_limits<double>::infinity()),
                   Values(static_cast<size_t>(tokens / ratio * c.integer("head_dim")))};
  compress(c, bench, 0, prefill, kv, gate, state);
  compress(c, bench, prefill, 1, kv, gate, state);
  if (tokens > prefill + 1) {
    compress(c, bench, prefill + 1, tokens - prefill - 1, kv, gate, state);
  }
  c.expect("entry", state.cache);
}

}  // namespace

void add_attention_recipes(Recipes& recipes) {
  recipes.insert({{"sparse_attn", sparse_attn}, {"indexer", indexer}, {"compressor", compressor}});
}

}  // namespace npu::golden
