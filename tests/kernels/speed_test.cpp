// What the kernels that matter most reach of what the machine allows, in simulated cycles from a
// cold L2: attention of its own roofline and of the cube's peak, products of the cube's or HBM's,
// kernels over rows of HBM's.
#include <algorithm>
#include <catch2/catch.hpp>

#include "kernels/ops/attention_cost.h"
#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

double cycles(const char* machine, const char* name, const char* shape) {
  KernelBench bench(load_machine(machine), Mode::kTimingOnly);
  return static_cast<double>(bench.cycles(name, options_from(shape)));
}

// The cycles of the operator's products alone, of fp16.
double cube_cycles(const char* machine, const char* name, const char* shape) {
  const Limits limits = limits_of(load_machine(machine));
  const Operator& op = find_operator(name);
  const Work work = op.work(Options(op.name, op.options, options_from(shape)));
  return work.macs / (limits.cube_macs_per_cycle_f16 * limits.groups);
}

double hbm_cycles(const char* machine, const char* name, const char* shape) {
  const Operator& op = find_operator(name);
  const Work work = op.work(Options(op.name, op.options, options_from(shape)));
  return work.read_bytes / limits_of(load_machine(machine)).hbm_bytes_per_cycle;
}

TEST_CASE("prefill attention through GM comes near its own roofline, the rate of L2") {
  const char* const shape = "tokens=2048 heads=24 kv-heads=24 dim=128";
  const AttentionShape attention{
      .tokens = 2048, .heads = 24, .kv_heads = 24, .head_dim = 128, .capacity = 2048};
  const MachineConfig machine = load_machine("ascend-910b1");
  const AttentionCost cost = prefill_cost(limits_of(machine), attention, 0);
  const double taken = cycles("ascend-910b1", "flash_attention", shape);
  CHECK(cost.bound() == std::string("L2"));
  CHECK(cost.cycles() == std::max({cost.cube, cost.vector, cost.l2, cost.hbm}));
  CHECK(cost.cycles() < taken);
  CHECK(cost.cycles() > 0.85 * taken);
}

TEST_CASE("prefill attention on direct paths keeps the cube busy") {
  const char* const shape = "tokens=2048 heads=32 kv-heads=32 dim=128";
  CHECK(cube_cycles("ascend-950pr", "flash_attention", shape) >
        0.57 * cycles("ascend-950pr", "flash_attention", shape));  // of what a row sees
}

TEST_CASE("large products come near the cube's peak") {
  struct Sample {
    const char* machine;
    double share;
  };
  const char* const shape = "m=4096 n=4096 k=4096";
  for (const auto& [machine, share] :
       {Sample{"ascend-910b1", 0.81}, Sample{"ascend-950pr", 0.94}, Sample{"base", 0.95}}) {
    INFO(machine);
    CHECK(cube_cycles(machine, "matmul", shape) > share * cycles(machine, "matmul", shape));
  }
}

TEST_CASE("products of few rows of tiles do not wait for lines that all groups read in step") {
  const char* const shape = "m=256 n=4096 k=4096";
  for (const auto& [machine, weights, share] :
       {std::tuple("ascend-910b1", "", 0.55), std::tuple("ascend-910b1", " tb=true", 0.5),
        std::tuple("ascend-950pr", " tb=true", 0.57)}) {
    INFO(machine << weights);
    const std::string options = std::string(shape) + weights;
    CHECK(cube_cycles(machine, "matmul", options.c_str()) >
          share * cycles(machine, "matmul", options.c_str()));
  }
}

TEST_CASE("mxfp4 comes near the cube's peak, a quarter of the cycles of fp16") {
  const char* const shape = "m=8192 n=8192 k=8192";
  CHECK(cube_cycles("ascend-950pr", "matmul", shape) / 4 >
        0.94 * cycles("ascend-950pr", "matmul_mx", shape));
}

TEST_CASE("one row by weights of either order comes near HBM's peak") {
  for (const char* machine : {"ascend-910b1", "ascend-950pr"}) {
    for (const char* shape :
         {"m=1 n=4096 k=4096", "m=1 n=4096 k=4096 tb=true", "m=1 n=14336 k=4096",
          "m=1 n=14336 k=4096 tb=true", "m=1 n=4096 k=14336", "m=1 n=4096 k=14336 tb=true"}) {
      INFO(machine << ' ' << shape);
      CHECK(hbm_cycles(machine, "matmul", shape) > 0.85 * cycles(machine, "matmul", shape));
    }
  }
}

TEST_CASE("kernels over rows come near HBM's peak") {
  struct Sample {
    const char *name, *shape;
    double a910b1, a950pr;
  };
  for (const auto& [name, shape, a910b1, a950pr] :
       {Sample{"layernorm", "rows=4096 cols=4096", 0.72, 0.83},
        Sample{"rmsnorm", "rows=4096 cols=4096", 0.82, 0.84},
        Sample{"rmsnorm", "rows=4096 cols=7168", 0.82, 0.85},
        Sample{"softmax", "rows=4096 cols=4096", 0.74, 0.84},
        Sample{"quantize", "rows=4096 cols=4096 group=32", 0.84, 0.84},
        Sample{"quantize", "rows=4096 cols=4096 group=0 code=int8 scale=fp32", 0.79, 0.84},
        Sample{"rms_per_head", "tokens=1024 heads=64 dim=512", 0.87, 0.87},
        Sample{"hc_post", "tokens=1024 dim=4096 dtype=bf16", 0.82, 0.81},
        Sample{"swiglu_clamp", "rows=4096 cols=2048", 0.81, 0.82}}) {
    INFO(name << ' ' << shape);
    CHECK(hbm_cycles("ascend-910b1", name, shape) / cycles("ascend-910b1", name, shape) > a910b1);
    CHECK(hbm_cycles("ascend-950pr", name, shape) / cycles("ascend-950pr", name, shape) > a950pr);
  }
}

}  // namespace
}  // namespace npu
