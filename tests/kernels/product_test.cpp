// The rest of the matmul family: what is fused behind a product, batches, split k, block scales,
// integer weights. Machines: `base`, `base` without direct paths, `tiny`.
#include <catch2/catch.hpp>
#include <string>

#include "isa/errors.h"
#include "kernels/ops/batched_matmul.h"
#include "kernels/ops/scaled_matmul.h"
#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

void check(KernelBench& bench, const char* name, const std::string& options, uint64_t seed = 1) {
  const KernelBench::Outcome outcome = bench.run(name, options_from(options), seed);
  INFO(name << " " << options << "\n" << outcome.text());
  CHECK(outcome.good());
}

std::string sizes(int m, int n, int k) {
  return "m=" + std::to_string(m) + " n=" + std::to_string(n) + " k=" + std::to_string(k) + " ";
}

// One, primes, one beside the native tile, beside a block of scales, several tiles.
constexpr int kShapes[][3] = {{1, 1, 2},     {1, 300, 512},  {7, 11, 26},    {16, 16, 32},
                              {17, 15, 34},  {33, 130, 130}, {64, 257, 126}, {129, 128, 258},
                              {100, 70, 96}, {5, 512, 1030}, {200, 31, 384}};

const char* const kEpilogues[] = {
    "alpha=0.5 out=fp16",
    "channel-scale=true out=fp16",
    "channel-scale=true activation=relu out=bf16",
    "token-scale=true out=fp16",
    "token-scale=true channel-scale=true bias=true out=fp32",
    "activation=relu bias=true out=fp32",
    "activation=silu bias=true out=fp32",
    "activation=gelu alpha=0.25 out=fp32",
    "residual=true out=bf16",
    "residual=true activation=gelu channel-scale=true alpha=0.5 out=fp16",
    "residual=true token-scale=true channel-scale=true activation=silu bias=true out=int8",
    "alpha=3 out=e4m3",
    "token-scale=true out=e4m3",
};

void check_epilogues(KernelBench& bench, const char* type, size_t first, size_t stride) {
  size_t turn = first;
  for (const auto& [m, n, k] : kShapes) {
    const std::string options = sizes(m, n, k) + "dtype=" + type + " ";
    check(bench, "matmul", options + kEpilogues[turn % std::size(kEpilogues)], turn);
    turn += stride;
  }
}

TEST_CASE("what is fused behind a product is right for every kind of it") {
  KernelBench bench(small_base());
  for (size_t turn = 0; turn < 4; ++turn) check_epilogues(bench, "fp16", turn, 3);
  for (size_t turn = 0; turn < 2; ++turn) check_epilogues(bench, "int8", turn, 4);
}

TEST_CASE("what is fused behind a product is right through GM and on the smallest machine") {
  KernelBench through_gm(small_base_through_gm(), Mode::kFull, true);
  check_epilogues(through_gm, "fp16", 2, 5);
  KernelBench tiny(tiny_machine(), Mode::kFull, true);
  check_epilogues(tiny, "int8", 3, 5);
  check_epilogues(tiny, "fp16", 4, 5);
}

TEST_CASE("quantised results saturate as the reference does") {
  KernelBench bench(small_base());
  check(bench, "matmul", "m=40 n=50 k=60 dtype=int8 alpha=0.01 out=int8");
  check(bench, "matmul", "m=40 n=50 k=60 dtype=int8 alpha=0.0005 out=int8");
  check(bench, "matmul", "m=40 n=50 k=60 dtype=fp16 alpha=300 out=e4m3");
}

TEST_CASE("weights may be stored in native tiles") {
  KernelBench bench(small_base(), Mode::kFull, true);
  for (const char* type : {"fp16", "int8", "fp32"}) {
    for (const auto& [m, n, k] :
         {std::tuple(5, 16, 32), std::tuple(130, 272, 96), std::tuple(33, 64, 1024)}) {
      check(bench, "matmul", sizes(m, n, k) + "tb=true b-tiled=true dtype=" + type);
    }
  }
  CHECK_THROWS_AS(check(bench, "matmul", "m=5 n=17 k=32 tb=true b-tiled=true"), InputError);
  CHECK_THROWS_AS(check(bench, "matmul", "m=5 n=16 k=32 b-tiled=true"), InputError);
  KernelBench tiny(tiny_machine());
  CHECK_THROWS_AS(check(tiny, "matmul", "m=5 n=16 k=32 tb=true b-tiled=true"), InputError);
}

TEST_CASE("matmul multiplies fp8") {
  for (const char* type : {"e4m3", "e5m2"}) {
    KernelBench bench(small_base());
    for (const auto& [m, n, k] : kShapes) {
      check(bench, "matmul", sizes(m, n, k) + "tb=true out=bf16 dtype=" + type);
    }
  }
}

TEST_CASE("batches and block-diagonal products are right") {
  KernelBench bench(small_base()), tiny(tiny_machine(), Mode::kFull, true);
  for (const char* type : {"fp16", "bf16", "int8"}) {
    for (const auto& [m, n, k] : kShapes) {
      const std::string options = sizes(m, n, k) + "dtype=" + type + " out=fp32 ";
      check(bench, "batched_matmul", options + "batch=3 tb=true");
      check(bench, "grouped_o_proj", options + "groups=2");
    }
  }
  for (const char* name : {"batched_matmul batch", "grouped_o_proj groups"}) {
    const std::string text = name, op = text.substr(0, text.find(' '));
    check(tiny, op.c_str(), sizes(9, 13, 22) + text.substr(text.find(' ') + 1) + "=5 out=fp16");
  }
}

TEST_CASE("split k gives the sums of the whole for any number of parts") {
  KernelBench bench(small_base()), through_gm(small_base_through_gm(), Mode::kFull, true),
      tiny(tiny_machine(), Mode::kFull, true);
  for (const char* splits : {"0", "1", "3", "8", "64"}) {
    const std::string parts = std::string("splits=") + splits;
    for (const auto& [m, n, k] : kShapes) check(bench, "matmul_split_k", sizes(m, n, k) + parts);
    check(through_gm, "matmul_split_k", sizes(4, 96, 2048) + "tb=true out=fp16 " + parts);
    check(tiny, "matmul_split_k", sizes(5, 7, 150) + parts);
  }
}

TEST_CASE("mx formats and fp8 with mxfp4 weights are scaled by the cube") {
  KernelBench bench(small_base()), checked(small_base(), Mode::kFull, true),
      tiny(tiny_machine(), Mode::kFull, true);
  size_t turn = 0;
  for (const auto& [m, n, k] : kShapes) {
    for (const char* type : {"e2m1", "e4m3", "e5m2"}) {
      const std::string options = sizes(m, n, k) + "dtype=" + type;
      check(turn++ % 4 == 0 ? checked : bench, "matmul_mx", options);
    }
    check(bench, "matmul_w4a8", sizes(m, n, k) + "out=fp32");
    if (m < 70) check(tiny, "matmul_mx", sizes(m, n, k) + "dtype=e4m3 out=fp32");
    if (m < 20) check(tiny, "matmul_w4a8", sizes(m, n, k));
  }
}

TEST_CASE("blocks of fp8 are scaled by the cube, or by the vector cores") {
  KernelBench bench(small_base()), through_gm(small_base_through_gm(), Mode::kFull, true),
      tiny(tiny_machine(), Mode::kFull, true);
  MachineConfig plain = small_base();
  plain.cube.scaled = false;
  KernelBench no_mx(plain);
  for (const auto& [m, n, k] : kShapes) {
    check(bench, "matmul_fp8_block", sizes(m, n, k) + "out=fp32");
    check(bench, "matmul_fp8_block", sizes(m, n, k) + "scale=fp32");
    check(no_mx, "matmul_fp8_block", sizes(m, n, k) + "scale=e8m0");
  }
  check(through_gm, "matmul_fp8_block", sizes(130, 140, 300) + "scale=fp32");
  check(tiny, "matmul_fp8_block", sizes(9, 140, 300) + "scale=fp32");
  check(tiny, "matmul_fp8_block", sizes(9, 140, 300) + "out=fp32");
}

TEST_CASE("integer weights are widened on their way to the cube") {
  KernelBench bench(small_base()), through_gm(small_base_through_gm(), Mode::kFull, true),
      tiny(tiny_machine(), Mode::kFull, true);
  for (const char* weight : {"int8", "i4"}) {
    for (const char* group : {"0", "32", "128"}) {
      const std::string kind = std::string("weight=") + weight + " group=" + group;
      for (const auto& [m, n, k] : kShapes)
        check(bench, "matmul_weight_only", sizes(m, n, k) + kind);
      check(through_gm, "matmul_weight_only", sizes(20, 300, 500) + "dtype=bf16 " + kind);
      check(tiny, "matmul_weight_only", sizes(5, 30, 150) + kind);
    }
  }
}

TEST_CASE("types that the cube lacks are refused by name") {
  Limits machine = limits_of(small_base());
  machine.cube_types = {Type::kF16};
  const auto message = [&](const char* name) -> std::string {
    const Operator& op = find_operator(name);
    try {
      op.program(machine, Options(op.name, op.options));
    } catch (const InputError& error) {
      return error.what();
    }
    return "accepted";
  };
  CHECK_THAT(message("matmul_mx"), Catch::Contains("a is e2m1, which the cube of machine base"));
  CHECK_THAT(message("matmul_fp8_block"), Catch::Contains("b is e4m3, which the cube"));
  machine.cube_types = {Type::kF16, Type::kE4m3, Type::kE2m1};
  machine.cube_scaled = false;
  CHECK_THAT(message("matmul_w4a8"), Catch::Contains("the cube of base takes no block scales"));
}

}  // namespace
}  // namespace npu
