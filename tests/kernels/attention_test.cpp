#include "kernels/ops/attention.h"

#include <array>
#include <catch2/catch.hpp>

#include "isa/errors.h"
#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

constexpr std::array<const char*, 25> kPrefill = {{
    "tokens=1 heads=1 kv-heads=1 dim=16",
    "tokens=1 heads=4 kv-heads=2 dim=64 past=100",
    "tokens=2 heads=8 kv-heads=4 dim=8 dtype=fp32",
    "tokens=5 heads=8 kv-heads=4 dim=8 dtype=fp32 past=3 capacity=32",
    "tokens=7 heads=3 kv-heads=1 dim=32 dtype=bf16",
    "tokens=16 heads=2 kv-heads=2 dim=64",
    "tokens=17 heads=2 kv-heads=1 dim=64 dtype=fp32",
    "tokens=31 heads=2 kv-heads=2 dim=128",
    "tokens=33 heads=4 kv-heads=4 dim=128 dtype=bf16",
    "tokens=63 heads=2 kv-heads=1 dim=80",
    "tokens=64 heads=1 kv-heads=1 dim=128 dtype=fp32",
    "tokens=65 heads=2 kv-heads=2 dim=64 past=1",
    "tokens=97 heads=2 kv-heads=2 dim=96 past=31",
    "tokens=127 heads=2 kv-heads=1 dim=128",
    "tokens=128 heads=2 kv-heads=2 dim=128",
    "tokens=129 heads=2 kv-heads=1 dim=128",
    "tokens=130 heads=1 kv-heads=1 dim=8 dtype=fp32 past=127",
    "tokens=200 heads=2 kv-heads=2 dim=64 past=56 capacity=300",
    "tokens=256 heads=2 kv-heads=1 dim=128",
    "tokens=257 heads=1 kv-heads=1 dim=64 dtype=bf16",
    "tokens=300 heads=1 kv-heads=1 dim=128 past=212",
    "tokens=40 heads=10 kv-heads=5 dim=24 dtype=fp32 past=9",
    "tokens=33 heads=3 kv-heads=3 dim=2 past=13",
    "tokens=40 heads=2 kv-heads=1 dim=3 dtype=fp32",
    "tokens=50 heads=2 kv-heads=1 dim=129 dtype=bf16",
}};

constexpr std::array<const char*, 25> kDecode = {{
    "batch=1 heads=1 kv-heads=1 dim=16 keys=1",
    "batch=1 heads=8 kv-heads=4 dim=8 keys=1 capacity=512 dtype=fp32",
    "batch=1 heads=8 kv-heads=4 dim=8 keys=2 capacity=512 dtype=fp32",
    "batch=1 heads=8 kv-heads=4 dim=8 keys=17 capacity=512 dtype=fp32",
    "batch=1 heads=8 kv-heads=4 dim=8 keys=201 capacity=512 dtype=fp32",
    "batch=1 heads=8 kv-heads=8 dim=64 keys=31",
    "batch=1 heads=8 kv-heads=2 dim=64 keys=33 dtype=bf16",
    "batch=1 heads=32 kv-heads=8 dim=128 keys=64",
    "batch=1 heads=32 kv-heads=8 dim=128 keys=300 capacity=320",
    "batch=1 heads=16 kv-heads=1 dim=128 keys=127",
    "batch=1 heads=7 kv-heads=7 dim=32 keys=128",
    "batch=1 heads=6 kv-heads=2 dim=48 keys=129 dtype=fp32",
    "batch=1 heads=4 kv-heads=1 dim=128 keys=1000",
    "batch=1 heads=2 kv-heads=2 dim=128 keys=1025 dtype=bf16",
    "batch=2 heads=8 kv-heads=4 dim=8 keys=19 capacity=64 dtype=fp32",
    "batch=2 heads=8 kv-heads=2 dim=64 keys=65",
    "batch=3 heads=4 kv-heads=4 dim=96 keys=97 capacity=101",
    "batch=5 heads=4 kv-heads=2 dim=128 keys=255",
    "batch=4 heads=40 kv-heads=8 dim=128 keys=40",
    "batch=1 heads=64 kv-heads=1 dim=64 keys=77",
    "batch=9 heads=3 kv-heads=1 dim=24 keys=50 dtype=fp32",
    "batch=2 heads=2 kv-heads=1 dim=128 keys=640 dtype=fp32",
    "batch=1 heads=7 kv-heads=1 dim=2 keys=100",
    "batch=2 heads=6 kv-heads=3 dim=3 keys=70 dtype=fp32",
    "batch=1 heads=2 kv-heads=2 dim=129 keys=50 dtype=bf16",
}};

template <size_t count>
void check_all(KernelBench& bench, const char* name, const std::array<const char*, count>& cases,
               size_t first = 0, size_t stride = 1) {
  for (size_t i = first; i < count; i += stride) {
    const KernelBench::Outcome outcome = bench.run(name, options_from(cases[i]), i);
    INFO(name << " " << cases[i] << "\n" << outcome.text());
    CHECK(outcome.good());
  }
}

TEST_CASE("attention is right where cube and vector cores have direct paths") {
  KernelBench bench(small_base());
  check_all(bench, "flash_attention", kPrefill);
  check_all(bench, "decode_attention", kDecode);
}

TEST_CASE("attention is right where they exchange data through GM") {
  KernelBench bench(small_base_through_gm());
  check_all(bench, "flash_attention", kPrefill);
  check_all(bench, "decode_attention", kDecode);
}

TEST_CASE("attention is right in time and without hazards on direct paths") {
  KernelBench bench(small_base(), Mode::kFull, true);
  check_all(bench, "flash_attention", kPrefill, 1, 4);
  check_all(bench, "decode_attention", kDecode, 2, 4);
}

TEST_CASE("attention is right in time and without hazards through GM") {
  KernelBench bench(small_base_through_gm(), Mode::kFull, true);
  check_all(bench, "flash_attention", kPrefill, 3, 4);
  check_all(bench, "decode_attention", kDecode, 0, 4);
}

TEST_CASE("attention is right on the smallest machine") {
  KernelBench bench(tiny_machine());
  for (const char* options : {"tokens=5 heads=2 kv-heads=1 dim=8 dtype=fp32 past=3",
                              "tokens=20 heads=1 kv-heads=1 dim=8"}) {
    const KernelBench::Outcome outcome = bench.run("flash_attention", options_from(options));
    INFO(options << "\n" << outcome.text());
    CHECK(outcome.good());
  }
  for (const char* options :
       {"heads=8 kv-heads=4 dim=8 keys=19 dtype=fp32", "heads=2 kv-heads=1 dim=8 keys=30"}) {
    const KernelBench::Outcome outcome = bench.run("decode_attention", options_from(options));
    INFO(options << "\n" << outcome.text());
    CHECK(outcome.good());
  }
}

TEST_CASE("attention refuses heads that do not divide and heads of one channel") {
  const Limits machine = limits_of(small_base());
  AttentionShape shape{.tokens = 4, .heads = 6, .kv_heads = 4, .head_dim = 64, .capacity = 4};
  CHECK_THROWS_AS(flash_attention(machine, shape), InputError);
  shape.kv_heads = 0;
  CHECK_THROWS_AS(decode_attention(machine, shape), InputError);
  shape.kv_heads = 6;
  CHECK_NOTHROW(flash_attention(machine, shape));
  shape.head_dim = 1;
  CHECK_THROWS_AS(flash_attention(machine, shape), InputError);
}

}  // namespace
}  // namespace npu
