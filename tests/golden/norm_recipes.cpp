#include <cmath>
#include <optional>

#include "kernels/ops/rope.h"
#include "tests/golden/recipes.h"

namespace npu::golden {
namespace {

void rmsnorm(const Case& c, KernelBench& bench) {
  KernelCall call(
      bench, "rmsnorm",
      option("rows", c.dim("x", 0)) + option("cols", c.dim("x", 1)) + "eps=1e-6 dtype=fp32");
  call.with("x", c.values("x")).with("weight", c.values("weight")).run();
  c.expect("y", call.output("y"));
}

void rms_per_head(const Case& c, KernelBench& bench) {
  KernelCall call(bench, "rms_per_head",
                  option("tokens", c.dim("q", 0)) + option("heads", c.dim("q", 1)) +
                      option("dim", c.dim("q", 2)) + "eps=1e-6 dtype=fp32");
  call.with("x", c.values("q")).run();
  c.expect("y", call.output("y"));
}

std::string streams(const Case& c) {
  return option("tokens", c.dim("h", 0)) + option("streams", c.dim("h", 1)) +
         option("dim", c.dim("h", 2)) + "dtype=fp32 ";
}

void hc_pre(const Case& c, KernelBench& bench) {
  KernelCall call(bench, "hc_pre", streams(c) + option("rounds", c.integer("hc_sinkhorn_iters")));
  for (const char* input : {"h", "fn", "scale", "base"}) call.with(input, c.values(input));
  call.run();
  for (const char* output : {"x", "post", "comb"}) c.expect(output, call.output(output));
}

void hc_head(const Case& c, KernelBench& bench) {
  KernelCall call(bench, "hc_head", streams(c));
  for (const char* input : {"h", "fn", "scale", "base"}) call.with(input, c.values(input));
  c.expect("x", call.run().output("x"));
}

void hc_post(const Case& c, KernelBench& bench) {
  KernelCall call(bench, "hc_post", streams(c));
  for (const char* input : {"y", "h", "post", "comb"}) call.with(input, c.values(input));
  c.expect("h_out", call.run().output("out"));
}

Yarn yarn_of(double factor, double positions) {
  return {.factor = factor, .original_positions = positions};
}

// The rotations of scattered positions: row t of the tables is position pos[t].
void rope(const Case& c, KernelBench& bench, const std::vector<double>& frequencies, double factor,
          const std::string& options) {
  Values cos, sin;
  for (const double position : c.values("pos")) {
    for (const double frequency : frequencies) {
      cos.push_back(factor * std::cos(position * frequency));
      sin.push_back(factor * std::sin(position * frequency));
    }
  }
  const std::vector<int64_t> dims = c.dims("x");
  KernelCall call(bench, "rope",
                  option("tokens", dims[0]) + option("heads", dims.size() == 3 ? dims[1] : 1) +
                      option("dim", dims.back()) + "dtype=fp32 " + options);
  call.with("x", c.values("x")).with("cos", cos).with("sin", sin).run();
  c.expect("y", call.output("y"));
}

void rope_interleaved(const Case& c, KernelBench& bench) {
  const int64_t turned = c.integer("rope_dim");
  std::optional<Yarn> yarn;
  if (c.flag("yarn16_65536")) yarn = yarn_of(16, 65536);
  rope(c, bench, rope_frequencies(turned, c.real("theta"), yarn), 1,
       option("rope-dim", turned) + "interleaved=true " +
           (c.flag("inverse") ? "inverse=true" : "inverse=false"));
}

void rope_half(const Case& c, KernelBench& bench) {
  std::optional<Yarn> yarn;
  const nlohmann::json& given = c.parameters().at("yarn");
  if (!given.is_null()) {
    yarn = Yarn{given[0], given[1], given[2], given[3], given[4].get<bool>()};
  }
  const int64_t dim = c.dims("x").back();
  rope(c, bench, rope_frequencies(dim, c.real("theta"), yarn), c.real("attention_factor"), "");
}

// Tables are made on the host.
void rope_freqs(const Case& c, KernelBench&) {
  std::optional<Yarn> yarn;
  const nlohmann::json& given = c.parameters().at("yarn");
  if (!given.is_null()) {
    yarn = Yarn{given.at("factor"), given.at("original_max_position_embeddings"),
                given.at("beta_fast"), given.at("beta_slow"), given.at("truncate").get<bool>()};
  }
  c.expect("freqs", rope_frequencies(c.integer("dim"), c.real("theta"), yarn));
}

}  // namespace

void add_norm_recipes(Recipes& recipes) {
  recipes.insert({{"rmsnorm", rmsnorm},
                  {"rms_per_head", rms_per_head},
                  {"hc_pre", hc_pre},
                  {"hc_head", hc_head},
                  {"hc_post", hc_post},
                  {"rope_interleaved", rope_interleaved},
                  {"rope_half", rope_half},
                  {"rope_freqs", rope_freqs}});
}

}  // namespace npu::golden
