// Sparse attention and what chooses its rows: compressor, indexer, top_k.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "isa/errors.h"
#include "kernels/ops/compressor.h"
#include "kernels/ops/sparse_attention.h"
#include "kernels/ops/top_k.h"
#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

struct Case {
  const char* name;
  const char* options;
};

constexpr std::array<Case, 57> kCases = {{
    {"sparse_attention", "tokens=1 heads=1 dim=2 rows=1 listed=1 dtype=fp32"},
    {"sparse_attention", "tokens=1 heads=4 dim=64 rows=200 listed=70 width=300 dtype=fp32"},
    {"sparse_attention", "tokens=5 heads=4 dim=64 rows=64 listed=40 dtype=fp32"},
    {"sparse_attention", "tokens=7 heads=3 dim=31 rows=13 listed=13 dtype=fp16"},
    {"sparse_attention", "tokens=64 heads=4 dim=64 rows=100 listed=0 width=5"},
    {"sparse_attention", "tokens=1 heads=64 dim=512 rows=700 listed=640"},
    {"sparse_attention", "tokens=2 heads=64 dim=512 rows=300 listed=129"},
    {"sparse_attention", "tokens=3 heads=3 dim=512 rows=70 listed=33 dtype=fp32"},
    {"sparse_attention", "tokens=20 heads=4 dim=64 rows=20 listed=16 dtype=bf16"},
    {"sparse_attention", "tokens=33 heads=17 dim=80 rows=257 listed=127 dtype=fp16"},
    {"sparse_attention", "tokens=1 heads=128 dim=512 rows=2000 listed=1152"},
    {"sparse_attention", "tokens=40 heads=2 dim=32 rows=133 listed=17 width=32 dtype=fp32"},
    {"sparse_attention", "tokens=1 heads=64 dim=512 rows=700 listed=640 packed=448"},
    {"sparse_attention", "tokens=2 heads=64 dim=512 rows=300 listed=129 packed=448"},
    {"sparse_attention", "tokens=2 heads=3 dim=66 rows=900 listed=37 packed=64 dtype=fp32"},
    {"sparse_attention", "tokens=3 heads=4 dim=64 rows=9 listed=13 packed=64 dtype=fp32"},
    {"sparse_attention", "tokens=2 heads=4 dim=128 rows=50 listed=0 width=5 packed=64"},
    {"sparse_attention", "tokens=19 heads=5 dim=192 rows=77 listed=31 packed=128"},
    {"indexer", "tokens=1 heads=1 dim=1 entries=1 dtype=fp32"},
    {"indexer", "tokens=4 heads=64 dim=128 entries=1024"},
    {"indexer", "tokens=3 heads=4 dim=32 entries=5 capacity=9 dtype=fp32"},
    {"indexer", "tokens=7 heads=4 dim=32 entries=300 capacity=309 dtype=fp32"},
    {"indexer", "tokens=2 heads=1 dim=16 entries=33 dtype=fp16"},
    {"indexer", "tokens=100 heads=64 dim=128 entries=1"},
    {"indexer", "tokens=1 heads=8 dim=128 entries=0 capacity=50"},
    {"indexer", "tokens=13 heads=7 dim=31 entries=131 dtype=bf16"},
    {"indexer", "tokens=1 heads=64 dim=128 entries=4099 dtype=fp16"},
    {"top_k", "rows=1 cols=1 k=1"},
    {"top_k", "rows=1 cols=5 k=8"},
    {"top_k", "rows=3 cols=100 k=32"},
    {"top_k", "rows=40 cols=33 k=32 ratio=4 position=3 base=32 column=32 width=64"},
    {"top_k", "rows=21 cols=5 k=5 ratio=4"},
    {"top_k", "rows=2 cols=700 k=33 count=601 base=7"},
    {"top_k", "rows=1 cols=2000 k=1"},
    {"top_k", "rows=5 cols=513 k=512"},
    {"top_k", "rows=1 cols=20011 k=127"},
    {"top_k", "rows=2 cols=9001 k=1024 count=8999"},
    {"top_k", "rows=1 cols=65536 k=2048"},
    {"top_k", "rows=1 cols=262144 k=512"},
    {"compressor", "tokens=1 dim=2 rope-dim=2 ratio=1"},
    {"compressor", "tokens=64 dim=128 rope-dim=64"},
    {"compressor", "tokens=1 position=7 dim=64 rope-dim=16"},
    {"compressor", "tokens=1 position=6 dim=64 rope-dim=16"},
    {"compressor", "tokens=1 position=3 dim=512 dtype=bf16"},
    {"compressor", "tokens=23 dim=64 rope-dim=16 entries=9"},
    {"compressor", "tokens=14 position=9 dim=64 rope-dim=16 dtype=bf16"},
    {"compressor", "tokens=3 dim=31 rope-dim=6"},
    {"compressor", "tokens=259 ratio=128 dim=64 rope-dim=16"},
    {"compressor", "tokens=28 position=100 ratio=128 dim=512 dtype=bf16"},
    {"compressor", "tokens=1 position=127 ratio=128 dim=33 rope-dim=0"},
    {"compressor", "tokens=29 position=100 ratio=128 dim=40 rope-dim=8"},
    {"compressor", "tokens=3 ratio=5 rope-dim=0 position=3 dim=7"},
    {"compressor", "tokens=300 position=5 ratio=16 dim=66 rope-dim=32"},
    {"compressor", "sequences=5 tokens=1 position=5 dim=64 rope-dim=16 dtype=bf16"},
    {"compressor", "sequences=9 tokens=2 position=20 dim=33 rope-dim=2"},
    {"compressor", "sequences=3 tokens=7 position=12 ratio=5 dim=40 rope-dim=8"},
    {"compressor", "sequences=4 tokens=2 position=129 ratio=128 dim=512 dtype=bf16"},
}};

void check_all(KernelBench& bench, size_t first = 0, size_t stride = 1) {
  for (size_t i = first; i < kCases.size(); i += stride) {
    const KernelBench::Outcome outcome =
        bench.run(kCases[i].name, options_from(kCases[i].options), i);
    INFO(kCases[i].name << " " << kCases[i].options << "\n" << outcome.text());
    CHECK(outcome.good());
  }
}

TEST_CASE("sparse attention and its choosers are right on direct paths") {
  KernelBench bench(small_base());
  check_all(bench);
}

TEST_CASE("sparse attention and its choosers are right through GM") {
  KernelBench bench(small_base_through_gm());
  check_all(bench);
}

TEST_CASE("sparse attention and its choosers are right in time and without hazards") {
  KernelBench direct(small_base(), Mode::kFull, true);
  check_all(direct, 0, 3);
  KernelBench through_gm(small_base_through_gm(), Mode::kFull, true);
  check_all(through_gm, 1, 3);
}

TEST_CASE("sparse attention and its choosers are right on the smallest machine") {
  KernelBench bench(tiny_machine(), Mode::kFull, true);
  for (const Case& c :
       {Case{"sparse_attention", "tokens=2 heads=8 dim=8 rows=12 listed=9 dtype=fp32"},
        Case{"sparse_attention", "tokens=1 heads=2 dim=8 rows=30 listed=30"},
        Case{"indexer", "tokens=3 heads=4 dim=8 entries=19 dtype=fp32"},
        Case{"top_k", "rows=3 cols=50 k=7"},
        Case{"compressor", "tokens=28 position=5 dim=6 rope-dim=4"}}) {
    const KernelBench::Outcome outcome = bench.run(c.name, options_from(c.options));
    INFO(c.name << " " << c.options << "\n" << outcome.text());
    CHECK(outcome.good());
  }
}

TEST_CASE("a token whose list is all skipped gets zeros, and a sink takes its share") {
  KernelBench bench(small_base());
  const SparseAttentionShape shape{.tokens = 2,
                                   .heads = 2,
                                   .head_dim = 2,
                                   .rows = 2,
                                   .width = 2,
                                   .type = Type::kF32,
                                   .scale = 1};
  const auto tensor = [](Type type, std::vector<int64_t> dims, std::vector<double> values) {
    return tensor_from(type, std::move(dims), values);
  };
  std::vector<OperatorArgument> arguments = {
      {.name = "q", .tensor = tensor(Type::kF32, {2, 4}, {0, 0, 0, 0, 0, 0, 0, 0})},
      {.name = "kv", .tensor = tensor(Type::kF32, {2, 2}, {1, 2, 3, 4})},
      {.name = "lists", .control = true, .tensor = tensor(Type::kI32, {2, 2}, {-1, -1, 1, -1})},
      {.name = "sink", .tensor = tensor(Type::kF32, {2}, {0, -1e30})},
      {.name = "out", .output = true, .tensor = zero_tensor(Type::kF32, {2, 4})},
      {.name = "listed", .kind = Parameter::Kind::kInt, .value = 2}};
  CHECK_FALSE(bench.launch(sparse_attention(bench.limits(), shape), arguments).fault);
  CHECK(values_of(arguments[4].tensor) == std::vector<double>{0, 0, 0, 0, 1.5, 2, 3, 4});
}

TEST_CASE("top_k leaves out minus infinity and keeps plus infinity and the lower of equals") {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  KernelBench bench(small_base());
  const TopKShape shape{.rows = 1, .cols = 6, .k = 5};
  std::vector<OperatorArgument> arguments = {
      {.name = "x",
       .tensor = tensor_from(Type::kF32, {1, 6}, std::vector<double>{2, -kInf, 7, kInf, 7, -kInf})},
      {.name = "y", .output = true, .tensor = zero_tensor(Type::kI32, {1, 5})},
      {.name = "count", .kind = Parameter::Kind::kInt, .value = 6},
      {.name = "position", .kind = Parameter::Kind::kInt},
      {.name = "base", .kind = Parameter::Kind::kInt, .value = 10}};
  CHECK_FALSE(bench.launch(top_k(bench.limits(), shape), arguments).fault);
  CHECK(values_of(arguments[1].tensor) == std::vector<double>{13, 12, 14, 10, -1});
}

TEST_CASE("tokens fed one by one leave the entries and the state that they leave together") {
  KernelBench bench(small_base());
  constexpr int64_t kTokens = 11, kDim = 6;
  CompressorShape shape{.tokens = kTokens, .dim = kDim, .ratio = 4, .entries = 2};
  const HostTensor kv = random_tensor(Type::kF32, {kTokens, 2 * kDim}, 1),
                   gate = random_tensor(Type::kF32, {kTokens, 2 * kDim}, 2);
  const auto row = [](const HostTensor& x, int64_t t) {
    HostTensor one{x.type, {1, x.dims[1]}, {}};
    const int64_t bytes = x.dims[1] * 4;
    one.bytes.assign(x.bytes.begin() + t * bytes, x.bytes.begin() + (t + 1) * bytes);
    return one;
  };
  std::vector<OperatorArgument> arguments = {
      {.name = "kv", .tensor = kv},
      {.name = "gate", .tensor = gate},
      {.name = "ape", .tensor = random_tensor(Type::kF32, {4, 2 * kDim}, 3)},
      {.name = "norm", .tensor = random_tensor(Type::kF32, {kDim}, 4)},
      {.name = "kv_state", .output = true, .tensor = zero_tensor(Type::kF32, {8, 2 * kDim})},
      {.name = "gate_state",
       .output = true,
       .tensor = tensor_from(Type::kF32, {8, 2 * kDim}, std::vector<double>(16 * kDim, -HUGE_VAL))},
      {.name = "cache", .output = true, .tensor = zero_tensor(Type::kF32, {2, kDim})},
      {.name = "position",
       .control = true,
       .tensor = tensor_from(Type::kI32, {1}, std::vector<double>{0})}};
  std::vector<OperatorArgument> together = arguments;
  CHECK_FALSE(bench.launch(compressor(bench.limits(), shape), together).fault);
  shape.tokens = 1;
  const Program step = compressor(bench.limits(), shape);
  for (int64_t t = 0; t < kTokens; ++t) {
    arguments[0].tensor = row(kv, t);
    arguments[1].tensor = row(gate, t);
    arguments[7].tensor = tensor_from(Type::kI32, {1}, std::vector<double>{static_cast<double>(t)});
    CHECK_FALSE(bench.launch(step, arguments).fault);
  }
  CHECK(arguments[6].tensor.bytes == together[6].tensor.bytes);
  // Of the open block three places are taken; the fourth means nothing.
  const size_t live = static_cast<size_t>(7 * 2 * kDim * 4);
  for (const size_t state : {4, 5}) {
    CHECK(std::equal(arguments[state].tensor.bytes.begin(),
                     arguments[state].tensor.bytes.begin() + static_cast<ptrdiff_t>(live),
                     together[state].tensor.bytes.begin()));
  }
}

TEST_CASE("shapes that make no sense are refused by name") {
  const Limits machine = limits_of(small_base());
  CHECK_THROWS_AS(top_k(machine, {.rows = 1, .cols = 9, .k = 2049}), InputError);
  CHECK_THROWS_AS(top_k(machine, {.rows = 1, .cols = 9, .k = 4, .width = 5, .column = 2}),
                  InputError);
  CHECK_THROWS_AS(top_k(limits_of(tiny_machine()), {.rows = 1, .cols = 9, .k = 512}), InputError);
  CHECK_THROWS_AS(compressor(machine, {.tokens = 1, .dim = 8, .rope_dim = 3, .ratio = 4}),
                  InputError);
  SparseAttentionShape packed{.tokens = 1, .heads = 2, .head_dim = 128, .rows = 4};
  CHECK_THROWS_AS(sparse_attention(machine, packed), InputError);  // lists of no width
  packed.width = 4;
  for (const int64_t channels : {-64, 65, 192}) {
    packed.packed = channels;
    CHECK_THROWS_AS(sparse_attention(machine, packed), InputError);
  }
}

}  // namespace
}  // namespace npu
