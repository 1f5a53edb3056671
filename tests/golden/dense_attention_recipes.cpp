// Attention over all keys or a window of them: grouped-query, and multi-head latent attention both
// as prefill computes it and absorbed, as decode does.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "kernels/ops/rope.h"
#include "tests/golden/recipes.h"

namespace npu::golden {
namespace {

void gqa_attn(const Case& c, KernelBench& bench) {
  const int64_t tokens = c.dim("q", 0), keys = c.dim("k", 0), past = keys - tokens;
  REQUIRE(past == c.integer("first_query_position"));
  const std::string shape = option("heads", c.dim("q", 1)) + option("kv-heads", c.dim("k", 1)) +
                            option("dim", c.dim("q", 2)) + "dtype=fp32 ";
  KernelCall prefill(bench, "flash_attention",
                     shape + option("tokens", tokens) + option("past", past) +
                         option("window", c.integer("window")) +
                         (c.has("sinks") ? "sinks=true" : "sinks=false"));
  prefill.with("q", c.values("q")).with("k", c.values("k")).with("v", c.values("v"));
  if (c.has("sinks")) prefill.with("sinks", c.values("sinks"));
  c.expect("o", prefill.run().output("out"));
  if (tokens != 1) return;
  KernelCall decode(bench, "decode_attention", shape + "batch=1 " + option("keys", keys));
  decode.with("q", c.values("q")).with("k", c.values("k")).with("v", c.values("v"));
  c.expect("o", decode.run().output("out"));
}

// Columns [first, first + count) of a matrix of `width`.
Values columns(const Values& x, int64_t width, int64_t first, int64_t count) {
  Values part;
  for (auto row = x.begin(); row != x.end(); row += width)
    part.insert(part.end(), row + first, row + first + count);
  return part;
}

// Rows of a and of b side by side.
Values beside(const Values& a, int64_t a_width, const Values& b, int64_t b_width) {
  Values both;
  for (auto i = a.begin(), j = b.begin(); i != a.end(); i += a_width, j += b_width) {
    both.insert(both.end(), i, i + a_width);
    both.insert(both.end(), j, j + b_width);
  }
  return both;
}

struct Mla {
  const Case& c;
  KernelBench& bench;
  const int64_t tokens, heads, own, turned, value, latent;
  const int64_t key = own + turned, pair = own + value;  // channels of a head
  const std::string scale;                               // option

  Mla(const Case& golden, KernelBench& with)
      : c(golden),
        bench(with),
        tokens(c.dim("x", 0)),
        heads(c.integer("n_heads")),
        own(c.integer("qk_nope_head_dim")),
        turned(c.integer("qk_rope_head_dim")),
        value(c.integer("v_head_dim")),
        latent(c.integer("kv_lora_rank")),
        scale(fmt::format("scale={} ", score_scale(key))) {}

  // YaRN by a factor of 40 makes scores larger.
  static double score_scale(int64_t dim) {
    const double larger = 0.1 * std::log(40.0) + 1;
    return larger * larger / std::sqrt(static_cast<double>(dim));
  }

  // x w^T, w (n, k)
  Values product(const Values& x, const Values& w, int64_t n, int64_t k, bool turn = true) const {
    KernelCall call(bench, "matmul",
                    option("m", static_cast<int64_t>(x.size()) / k) + option("n", n) +
                        option("k", k) + (turn ? "dtype=fp32 tb=true" : "dtype=fp32"));
    return call.with("a", x).with("b", w).run().output("c");
  }

  Values norm(const Values& x, const char* weight, int64_t width) const {
    KernelCall call(bench, "rmsnorm",
                    option("rows", tokens) + option("cols", width) + "eps=1e-6 dtype=fp32");
    return call.with("x", x).with("weight", c.values(weight)).run().output("y");
  }

  Values rope(const Values& x, int64_t count, int64_t dim) const {
    const nlohmann::json& given = c.parameters().at("yarn");
    const Yarn yarn{given[0], given[1], given[2], given[3]};
    Values cos, sin;
    for (int64_t position = 0; position < tokens; ++position) {
      for (const double frequency : rope_frequencies(turned, c.real("rope_theta"), yarn)) {
        cos.push_back(std::cos(static_cast<double>(position) * frequency));
        sin.push_back(std::sin(static_cast<double>(position) * frequency));
      }
    }
    KernelCall call(bench, "rope",
                    option("tokens", tokens) + option("heads", count) + option("dim", dim) +
                        option("rope-dim", turned) + "interleaved=true dtype=fp32");
    return call.with("x", x).with("cos", cos).with("sin", sin).run().output("y");
  }

  // Rows of one head of wkv_b: of its keys' own channels, or of its values.
  Values head_weight(int64_t head, int64_t first, int64_t count) const {
    const Values all = c.values("wkv_b");
    const auto from = all.begin() + (head * pair + first) * latent;
    return {from, from + count * latent};
  }

  void expect_prefill(const Values& q, const Values& latents, const Values& pe) const {
    KernelCall call(bench, "mla_prefill",
                    option("tokens", tokens) + option("heads", heads) + option("dim", own) +
                        option("rope-dim", turned) + option("value-dim", value) + scale +
                        "dtype=fp32");
    call.with("q", q).with("k_pe", pe);
    call.with("kv", product(latents, c.values("wkv_b"), heads * pair, latent)).run();
    c.expect("y", product(call.output("out"), c.values("wo"), c.dim("wo", 0), heads * value));
  }

  // Each token against the rows up to its own, one launch a token.
  void expect_absorbed(const Values& q, const Values& latents, const Values& pe) const {
    Values absorbed(static_cast<size_t>(tokens * heads * latent));
    const auto place = [&](Values& all, int64_t width, int64_t head, const Values& part) {
      for (int64_t t = 0; t < tokens; ++t)
        std::copy_n(part.begin() + t * width, width, all.begin() + (t * heads + head) * width);
    };
    for (int64_t h = 0; h < heads; ++h) {
      place(absorbed, latent, h,
            product(columns(q, heads * key, h * key, own), head_weight(h, 0, own), latent, own,
                    false));
    }
    c.expect("q_absorbed", absorbed);
    const Values queries = beside(absorbed, latent, columns(q, key, own, turned), turned);
    const Values cache = beside(latents, latent, pe, turned);
    Values attended;
    for (int64_t t = 0; t < tokens; ++t) {
      KernelCall call(bench, "mla_decode",
                      "batch=1 " + option("heads", heads) + option("dim", latent) +
                          option("rope-dim", turned) + option("keys", t + 1) +
                          option("capacity", tokens) + scale + "dtype=fp32");
      const auto mine = queries.begin() + t * heads * (latent + turned);
      call.with("q", Values(mine, mine + heads * (latent + turned))).with("cache", cache).run();
      const Values out = call.output("out");
      attended.insert(attended.end(), out.begin(), out.end());
    }
    c.expect("o_latent", attended);
    Values o(static_cast<size_t>(tokens * heads * value));
    for (int64_t h = 0; h < heads; ++h) {
      place(o, value, h,
            product(columns(attended, heads * latent, h * latent, latent),
                    head_weight(h, own, value), value, latent));
    }
    c.expect("y", product(o, c.values("wo"), c.dim("wo", 0), heads * value));
  }
};

void mla_v3(const Case& c, KernelBench& bench) {
  const Mla mla(c, bench);
  const int64_t hidden = c.dim("x", 1), rank = c.integer("q_lora_rank");
  const Values x = c.values("x");
  const Values low = mla.norm(mla.product(x, c.values("wq_a"), rank, hidden), "q_norm", rank);
  const Values q =
      mla.rope(mla.product(low, c.values("wq_b"), mla.heads * mla.key, rank), mla.heads, mla.key);
  const int64_t width = mla.latent + mla.turned;
  const Values kv = mla.product(x, c.values("wkv_a"), width, hidden);
  const Values latents = mla.norm(columns(kv, width, 0, mla.latent), "kv_norm", mla.latent);
  const Values pe = mla.rope(columns(kv, width, mla.latent, mla.turned), 1, mla.turned);
  c.expect("c_cache", latents);
  c.expect("pe_cache", pe);
  mla.expect_prefill(q, latents, pe);
  mla.expect_absorbed(q, latents, pe);
}

}  // namespace

void add_dense_attention_recipes(Recipes& recipes) {
  recipes.insert({{"gqa_attn", gqa_attn}, {"mla_v3", mla_v3}});
}

}  // namespace npu::golden
