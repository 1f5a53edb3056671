// Hyper-connections, and the forms of RoPE and RMSNorm that DeepSeek-V4 needs.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "kernels/ops/hyper_connection.h"
#include "kernels/ops/rope.h"
#include "tests/kernels/kernel_bench.h"

namespace npu {
namespace {

struct Case {
  const char* name;
  const char* options;
};

constexpr std::array<Case, 23> kCases = {{
    {"hc_pre", "tokens=1 dim=1"},
    {"hc_pre", "tokens=1 dim=128"},
    {"hc_pre", "tokens=5 dim=64"},
    {"hc_pre", "tokens=67 dim=33"},
    {"hc_pre", "tokens=67 dim=33 tile=1"},
    {"hc_pre", "tokens=17 dim=600 streams=2 rounds=1"},
    {"hc_pre", "tokens=40 dim=96 streams=3"},
    {"hc_head", "tokens=1 dim=50"},
    {"hc_head", "tokens=130 dim=96"},
    {"hc_head", "tokens=3 dim=1030 streams=8"},
    {"hc_post", "tokens=1 dim=1"},
    {"hc_post", "tokens=1 dim=33"},
    {"hc_post", "tokens=37 dim=1024"},
    {"hc_post", "tokens=600 dim=20 streams=3"},
    {"hc_post", "tokens=5 dim=4096"},
    {"rope", "tokens=5 heads=3 dim=80 rope-dim=16 interleaved=true"},
    {"rope", "tokens=1 heads=4 dim=64 rope-dim=16 interleaved=true inverse=true position=5"},
    {"rope", "tokens=9 heads=2 dim=96 rope-dim=64 inverse=true"},
    {"rope", "tokens=20 heads=2 dim=2000 rope-dim=2"},
    {"rope", "tokens=40 heads=1 dim=512 rope-dim=64 interleaved=true"},
    {"rms_per_head", "tokens=1 heads=1 dim=1"},
    {"rms_per_head", "tokens=3 heads=4 dim=64"},
    {"rms_per_head", "tokens=11 heads=7 dim=513"},
}};

constexpr const char* kTypes[] = {"fp32", "fp16", "bf16"};

void check_one(KernelBench& bench, const Case& one, const char* type, uint64_t seed) {
  const std::string options = one.options + std::string(" dtype=") + type;
  const KernelBench::Outcome outcome = bench.run(one.name, options_from(options), seed);
  INFO(one.name << " " << options << "\n" << outcome.text());
  CHECK(outcome.good());
}

TEST_CASE("hyper-connections and rotations are right for every type and shape") {
  KernelBench bench(small_base());
  for (const char* type : kTypes) {
    for (size_t i = 0; i < kCases.size(); ++i) check_one(bench, kCases[i], type, i + 1);
  }
}

TEST_CASE("they are right in time and without hazards on every kind of machine") {
  KernelBench direct(small_base(), Mode::kFull, true);
  KernelBench through_gm(small_base_through_gm(), Mode::kFull, true);
  KernelBench tiny(tiny_machine(), Mode::kFull, true);
  for (size_t i = 0; i < kCases.size(); ++i) {
    KernelBench& bench = i % 2 == 0 ? direct : through_gm;
    check_one(bench, kCases[i], kTypes[i % 3], i + 1);
    if (i % 2 == 0) check_one(tiny, kCases[i], kTypes[(i / 2) % 3], i + 1);
  }
}

TEST_CASE("Sinkhorn leaves rows and columns that sum to one") {
  KernelBench bench(small_base());
  const HyperShape shape{.tokens = 3, .dim = 40};
  std::vector<OperatorArgument> arguments(7);
  arguments[0] = {.name = "h", .tensor = random_tensor(Type::kF32, {3, 160}, 1)};
  arguments[1] = {.name = "fn", .tensor = random_tensor(Type::kF32, {24, 160}, 2, -0.1, 0.1)};
  arguments[2] = {.name = "scale", .tensor = random_tensor(Type::kF32, {3}, 3, 1, 2)};
  arguments[3] = {.name = "base", .tensor = random_tensor(Type::kF32, {24}, 4)};
  arguments[4] = {.name = "x", .output = true, .tensor = zero_tensor(Type::kF32, {3, 40})};
  arguments[5] = {.name = "post", .output = true, .tensor = zero_tensor(Type::kF32, {3, 4})};
  arguments[6] = {.name = "comb", .output = true, .tensor = zero_tensor(Type::kF32, {3, 16})};
  REQUIRE_FALSE(bench.launch(hc_pre(bench.limits(), shape), arguments).fault);
  for (int64_t t = 0; t < 3; ++t) {
    for (int64_t i = 0; i < 4; ++i) {
      double row = 0, column = 0;
      for (int64_t j = 0; j < 4; ++j) {
        row += arguments[6].tensor.at(t * 16 + i * 4 + j);
        column += arguments[6].tensor.at(t * 16 + j * 4 + i);
      }
      CHECK(row == Approx(1).margin(2e-3));  // rows come before columns in every round
      CHECK(column == Approx(1).margin(1e-5));
    }
  }
}

TEST_CASE("turning forth and back gives what was there") {
  KernelBench bench(small_base());
  RopeShape shape{
      .tokens = 4, .heads = 2, .head_dim = 48, .positions = 4, .rope_dim = 16, .interleaved = true};
  const HostTensor x = random_tensor(Type::kF32, {4, 96}, 5);
  HostTensor cos = zero_tensor(Type::kF32, {4, 8}), sin = cos;
  for (int64_t i = 0; i < 32; ++i) {
    const double angle = static_cast<double>(i / 8) * rope_frequencies(16, 10000)[i % 8];
    cos.set(i, std::cos(angle));
    sin.set(i, std::sin(angle));
  }
  std::vector<OperatorArgument> arguments(5);
  arguments[0] = {.name = "x", .tensor = x};
  arguments[1] = {.name = "cos", .tensor = cos};
  arguments[2] = {.name = "sin", .tensor = sin};
  arguments[3] = {.name = "y", .output = true, .tensor = zero_tensor(Type::kF32, {4, 96})};
  arguments[4] = {.name = "position", .kind = Parameter::Kind::kInt, .value = 0};
  REQUIRE_FALSE(bench.launch(rope(bench.limits(), shape), arguments).fault);
  CHECK(std::fabs(arguments[3].tensor.at(368) - x.at(368)) > 1e-2);
  arguments[0].tensor = arguments[3].tensor;
  shape.inverse = true;
  REQUIRE_FALSE(bench.launch(rope(bench.limits(), shape), arguments).fault);
  for (int64_t i = 0; i < x.count(); ++i)
    CHECK(arguments[3].tensor.at(i) == Approx(x.at(i)).margin(1e-6));
}

TEST_CASE("YaRN leaves fast pairs and divides slow ones by the factor") {
  const std::vector<double> plain = rope_frequencies(64, 160000);
  const std::vector<double> scaled =
      rope_frequencies(64, 160000, Yarn{.factor = 16, .original_positions = 65536});
  CHECK(scaled.front() == plain.front());
  CHECK(scaled.back() == Approx(plain.back() / 16));
  for (size_t i = 1; i < scaled.size(); ++i) CHECK(scaled[i] < scaled[i - 1]);
}

}  // namespace
}  // namespace npu
