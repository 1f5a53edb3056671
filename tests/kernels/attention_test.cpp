#include "kernels/ops/attention.h"

#include <array>
#include <catch2/catch.hpp>
#include <utility>

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

constexpr std::array<const char*, 18> kWindows = {{
    "tokens=30 heads=4 kv-heads=2 dim=32 window=8",
    "tokens=1 heads=2 kv-heads=1 dim=64 window=1 past=5",
    "tokens=20 heads=4 kv-heads=2 dim=64 window=6 sinks=true dtype=bf16",
    "tokens=300 heads=2 kv-heads=1 dim=64 window=128 sinks=true",
    "tokens=257 heads=1 kv-heads=1 dim=128 window=130 past=100 dtype=fp32",
    "tokens=131 heads=3 kv-heads=3 dim=16 window=1",
    "tokens=64 heads=2 kv-heads=2 dim=64 window=500 dtype=fp32",
    "tokens=17 heads=8 kv-heads=8 dim=64 sinks=true past=3",
    "tokens=400 heads=1 kv-heads=1 dim=32 window=127 capacity=450",
    "tokens=1 heads=1 kv-heads=1 dim=8 sequences=1",
    "tokens=9 heads=2 kv-heads=1 dim=32 sequences=9 dtype=fp32",
    "tokens=100 heads=4 kv-heads=2 dim=64 sequences=4",
    "tokens=300 heads=2 kv-heads=2 dim=64 sequences=3 dtype=bf16",
    "tokens=300 heads=2 kv-heads=1 dim=64 sequences=5 capacity=400 dtype=fp32",
    "tokens=521 heads=1 kv-heads=1 dim=128 sequences=7",
    "tokens=200 heads=2 kv-heads=1 dim=64 sequences=4 window=17 sinks=true",
    "tokens=31 heads=3 kv-heads=1 dim=24 sequences=40 dtype=fp32",
    "tokens=5 heads=2 kv-heads=2 dim=32 sequences=3 window=2 capacity=200",
}};

constexpr std::array<const char*, 10> kPaged = {{
    "batch=1 heads=1 kv-heads=1 dim=16 keys=1 page=16",
    "batch=4 heads=8 kv-heads=2 dim=64 keys=500 page=16",
    "batch=3 heads=8 kv-heads=4 dim=64 keys=300 page=64 dtype=bf16",
    "batch=12 heads=4 kv-heads=1 dim=128 keys=1000 page=128",
    "batch=2 heads=4 kv-heads=4 dim=64 keys=1025 page=256",
    "batch=1 heads=32 kv-heads=8 dim=128 keys=2048 page=64",
    "batch=5 heads=6 kv-heads=3 dim=24 keys=97 page=32 dtype=fp32",
    "batch=2 heads=2 kv-heads=1 dim=129 keys=77 page=1 dtype=fp32",
    "batch=2 heads=16 kv-heads=1 dim=64 keys=511 page=2",
    "batch=1 heads=4 kv-heads=2 dim=64 keys=640 page=1024 dtype=fp32",
}};

constexpr std::array<const char*, 8> kLatentPrefill = {{
    "tokens=9 heads=4 dim=32 rope-dim=16 value-dim=32",
    "tokens=17 heads=2 dim=24 rope-dim=8 value-dim=40 dtype=fp32",
    "tokens=130 heads=2 dim=128 rope-dim=64 value-dim=128",
    "tokens=1 heads=3 dim=16 rope-dim=2 value-dim=2",
    "tokens=65 heads=1 dim=64 rope-dim=31 value-dim=63 dtype=fp16 past=70",
    "tokens=257 heads=2 dim=128 rope-dim=64 value-dim=128 dtype=fp32",
    "tokens=33 heads=5 dim=48 rope-dim=16 value-dim=96 past=13",
    "tokens=7 heads=2 dim=8 rope-dim=8 value-dim=8 dtype=fp32",
}};

constexpr std::array<const char*, 8> kLatentDecode = {{
    "heads=16 dim=512 rope-dim=64 keys=256",
    "heads=128 dim=512 rope-dim=64 keys=300 capacity=310 dtype=fp16",
    "batch=3 heads=4 dim=64 rope-dim=16 keys=9 dtype=fp32",
    "batch=2 heads=2 dim=48 rope-dim=8 keys=17",
    "heads=1 dim=2 rope-dim=0 keys=1 dtype=fp32",
    "batch=5 heads=7 dim=31 rope-dim=5 keys=131 dtype=fp32",
    "heads=5 dim=512 rope-dim=64 keys=1000 dtype=fp32",
    "batch=40 heads=3 dim=64 rope-dim=32 keys=33",
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
  check_all(bench, "flash_attention", kWindows);
  check_all(bench, "decode_attention", kDecode);
  check_all(bench, "paged_attention", kPaged);
  check_all(bench, "mla_prefill", kLatentPrefill);
  check_all(bench, "mla_decode", kLatentDecode);
}

TEST_CASE("attention is right where they exchange data through GM") {
  KernelBench bench(small_base_through_gm());
  check_all(bench, "flash_attention", kPrefill);
  check_all(bench, "flash_attention", kWindows);
  check_all(bench, "decode_attention", kDecode);
  check_all(bench, "paged_attention", kPaged);
  check_all(bench, "mla_prefill", kLatentPrefill);
  check_all(bench, "mla_decode", kLatentDecode);
}

TEST_CASE("attention is right in time and without hazards on direct paths") {
  KernelBench bench(small_base(), Mode::kFull, true);
  check_all(bench, "flash_attention", kPrefill, 1, 4);
  check_all(bench, "flash_attention", kWindows, 0, 2);
  check_all(bench, "decode_attention", kDecode, 2, 4);
  check_all(bench, "paged_attention", kPaged, 0, 2);
  check_all(bench, "mla_prefill", kLatentPrefill, 0, 2);
  check_all(bench, "mla_decode", kLatentDecode, 0, 2);
}

TEST_CASE("attention is right in time and without hazards through GM") {
  KernelBench bench(small_base_through_gm(), Mode::kFull, true);
  check_all(bench, "flash_attention", kPrefill, 3, 4);
  check_all(bench, "flash_attention", kWindows, 1, 2);
  check_all(bench, "decode_attention", kDecode, 0, 4);
  check_all(bench, "paged_attention", kPaged, 1, 2);
  check_all(bench, "mla_prefill", kLatentPrefill, 1, 2);
  check_all(bench, "mla_decode", kLatentDecode, 1, 2);
}

TEST_CASE("attention is right on the smallest machine") {
  KernelBench bench(tiny_machine());
  constexpr std::array<std::pair<const char*, const char*>, 9> kCases = {{
      {"flash_attention", "tokens=5 heads=2 kv-heads=1 dim=8 dtype=fp32 past=3"},
      {"flash_attention", "tokens=20 heads=1 kv-heads=1 dim=8"},
      {"flash_attention", "tokens=20 heads=2 kv-heads=1 dim=8 window=5 sinks=true sequences=3"},
      {"decode_attention", "heads=8 kv-heads=4 dim=8 keys=19 dtype=fp32"},
      {"decode_attention", "heads=2 kv-heads=1 dim=8 keys=30"},
      {"paged_attention", "batch=3 heads=2 kv-heads=1 dim=8 keys=30 page=4"},
      {"mla_prefill", "tokens=9 heads=2 dim=4 rope-dim=4 value-dim=8 dtype=fp32"},
      {"mla_decode", "heads=2 dim=8 rope-dim=4 keys=19 dtype=fp32"},
      {"hadamard", "rows=5 cols=16"},
  }};
  for (const auto& [name, options] : kCases) {
    const KernelBench::Outcome outcome = bench.run(name, options_from(options));
    INFO(name << " " << options << "\n" << outcome.text());
    CHECK(outcome.good());
  }
}

TEST_CASE("hadamard is right for every power of two") {
  KernelBench bench(small_base(), Mode::kFull, true);
  for (const char* options :
       {"rows=1 cols=2", "rows=3 cols=128", "rows=8 cols=32 dtype=bf16", "rows=131 cols=64",
        "rows=7 cols=4 dtype=fp16", "rows=33 cols=1024", "rows=2 cols=4096"}) {
    const KernelBench::Outcome outcome = bench.run("hadamard", options_from(options));
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
  AttentionShape paged{.tokens = 1, .heads = 1, .kv_heads = 1, .head_dim = 64, .capacity = 100};
  paged.page = 48;
  paged.pages = 3;
  CHECK_THROWS_AS(paged_attention(machine, paged), InputError);
  AttentionShape latent{.tokens = 4, .heads = 2, .kv_heads = 2, .head_dim = 24, .capacity = 4};
  latent.rope_dim = 4;  // leaves 20 channels, not whole tiles of 16
  CHECK_THROWS_AS(mla_prefill(machine, latent), InputError);
}

}  // namespace
}  // namespace npu
