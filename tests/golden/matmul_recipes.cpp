// Matrix products of narrow floats with block scales.
#include "tests/golden/recipes.h"

namespace npu::golden {
namespace {

void scaled_product(const Case& c, KernelBench& bench, const char* kernel, const char* options) {
  KernelCall call(bench, kernel,
                  option("m", c.dim("a", 0)) + option("n", c.dim("w", 0)) +
                      option("k", c.dim("a", 1)) + "out=fp32" + options);
  call.with("a", c.values("a")).with("a_scale", c.values("a_scale"));
  call.with("b", c.values("w")).with("b_scale", c.values("w_scale"));
  c.expect("y", call.run().output("c"));
}

// Scaled in the cube, and by the vector cores.
void gemm_fp8_block(const Case& c, KernelBench& bench) {
  scaled_product(c, bench, "matmul_fp8_block", " scale=e8m0");
  scaled_product(c, bench, "matmul_fp8_block", " scale=fp32");
}

void gemm_w4a8(const Case& c, KernelBench& bench) { scaled_product(c, bench, "matmul_w4a8", ""); }

}  // namespace

void add_matmul_recipes(Recipes& recipes) {
  recipes.insert({{"gemm_fp8_block", gemm_fp8_block}, {"gemm_w4a8", gemm_w4a8}});
}

}  // namespace npu::golden
