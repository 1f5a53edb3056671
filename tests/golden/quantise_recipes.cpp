// Quantisers and the rotation before them.
#include "tests/golden/recipes.h"

namespace npu::golden {
namespace {

std::string rows_of(int64_t rows, int64_t cols, int64_t group, const char* code) {
  return option("rows", rows) + option("cols", cols) + option("group", group) + "code=" + code +
         " scale=e8m0 dtype=fp32 ";
}

// Codes under the name of the case's output, scales, and codes times scales.
void quantise(const Case& c, KernelBench& bench, int64_t group, const char* code,
              const char* codes) {
  const std::string shape = rows_of(c.dim("x", 0), c.dim("x", 1), group, code);
  KernelCall coded(bench, "quantize", shape);
  coded.with("x", c.values("x")).run();
  c.expect(codes, coded.stored("codes"));
  c.expect("scales", coded.stored("scales"));
  KernelCall valued(bench, "quantize", shape + "values=true");
  c.expect("dq", valued.with("x", c.values("x")).run().output("y"));
}

void act_quant(const Case& c, KernelBench& bench) { quantise(c, bench, 128, "e4m3", "codes"); }
void mxfp4_quant(const Case& c, KernelBench& bench) { quantise(c, bench, 32, "e2m1", "packed"); }

// The last channels of an entry stay as they are.
void kv_quant(const Case& c, KernelBench& bench) {
  const int64_t rows = c.dim("kv", 0), dim = c.dim("kv", 1), keep = c.integer("rope_dim");
  const Values kv = c.values("kv");
  Values front;
  for (int64_t r = 0; r < rows; ++r)
    front.insert(front.end(), kv.begin() + r * dim, kv.begin() + (r + 1) * dim - keep);
  KernelCall coded(bench, "quantize", rows_of(rows, dim - keep, 64, "e4m3"));
  coded.with("x", front).run();
  c.expect("codes", coded.stored("codes"));
  c.expect("scales", coded.stored("scales"));
  KernelCall valued(bench, "quantize",
                    rows_of(rows, dim, 64, "e4m3") + "values=true " + option("keep", keep));
  c.expect("dq", valued.with("x", kv).run().output("y"));
}

void weight_quant(const Case& c, KernelBench& bench) {
  KernelCall call(bench, "quantize",
                  rows_of(c.dim("w", 0), c.dim("w", 1), 128, "e4m3") + "block-rows=128");
  call.with("x", c.values("w")).run();
  c.expect("codes", call.stored("codes"));
  c.expect("scales", call.stored("scales"));
}

void hadamard(const Case& c, KernelBench& bench) {
  const Values x = c.values("x");
  const int64_t cols = c.dims("x").back();
  KernelCall call(
      bench, "hadamard",
      option("rows", static_cast<int64_t>(x.size()) / cols) + option("cols", cols) + "dtype=fp32");
  c.expect("y", call.with("x", x).run().output("y"));
}

}  // namespace

void add_quantise_recipes(Recipes& recipes) {
  recipes.insert({{"act_quant_e4m3", act_quant},
                  {"mxfp4_quant", mxfp4_quant},
                  {"kv_quant_group64", kv_quant},
                  {"weight_quant_128x128", weight_quant},
                  {"hadamard", hadamard}});
}

}  // namespace npu::golden
