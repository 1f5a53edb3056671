// Dense models on the NPU against the double-precision reference: every architecture feature, on
// both kinds of path.
#include "runtime/schedule/dense_runner.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "isa/errors.h"
#include "runtime/model/reference.h"
#include "tests/unit/runtime/model/fixtures.h"

namespace npu {

namespace {

// Largest difference of logits while both models read `ids`: the first `prefill` at once, the rest
// one by one.
double logit_error(const DenseWeights& weights, Type type, const std::string& machine,
                   const std::vector<int>& ids, size_t prefill) {
  Device device(load_machine(machine));
  DenseRunner runner(device, weights, type, static_cast<int64_t>(ids.size()));
  ReferenceModel reference(weights);
  double worst = 0;
  for (size_t end = prefill; end <= ids.size(); ++end) {
    const size_t begin = end == prefill ? 0 : end - 1;
    const DenseRunner::Result got = runner.forward(std::span(ids).subspan(begin, end - begin));
    REQUIRE_FALSE(got.fault);
    std::vector<double> want;
    for (size_t i = begin; i < end; ++i) want = reference.forward(ids[i], static_cast<int>(i));
    REQUIRE(got.logits.size() == want.size());
    for (size_t i = 0; i < want.size(); ++i)
      worst = std::max(worst, std::fabs(got.logits[i] - want[i]));
    if (type == Type::kF32) CHECK(got.next == argmax(want));
  }
  return worst;
}

const std::vector<int> kIds{1, 17, 5, 60, 33, 2, 48, 9, 21, 40, 11};

}  // namespace

TEST_CASE("a Llama in fp32 gives the reference's logits, prefilled and decoded") {
  const DenseWeights weights = generated_weights(test::small_config(), 7);
  const std::string machine = GENERATE("base", "base-gm", "tiny");
  CHECK(logit_error(weights, Type::kF32, machine, kIds, 6) < 1e-4);
}

TEST_CASE("a Llama decoded from its first token gives the reference's logits") {
  const DenseWeights weights = generated_weights(test::small_config(), 8);
  CHECK(logit_error(weights, Type::kF32, "base", kIds, 1) < 1e-4);
}

TEST_CASE(
    "a Qwen3 with norms a head, biases, a tied head and half-split RoPE gives the reference's "
    "logits") {
  ModelConfig config = test::small_config();
  config.architecture = "Qwen3ForCausalLM";
  config.rope_layout = RopeLayout::kHalfSplit;
  config.qk_norm = true;
  config.attention_bias = true;
  config.tied_embeddings = true;
  const DenseWeights weights = generated_weights(config, 9);
  CHECK(logit_error(weights, Type::kF32, "base", kIds, 6) < 1e-4);
}

TEST_CASE("in 16-bit types the logits stay near the reference's") {
  const DenseWeights weights = generated_weights(test::small_config(), 10);
  // Logits have a standard deviation of about 4; a 16-bit rounding a layer and operator moves them
  // by some units roundoff.
  CHECK(logit_error(weights, Type::kF16, "base", kIds, 6) < 64 * 4 * 0x1p-11);
  CHECK(logit_error(weights, Type::kBf16, "base", kIds, 6) < 64 * 4 * 0x1p-8);
}

TEST_CASE("a context beyond the cache is refused") {
  const DenseWeights weights = generated_weights(test::small_config(), 7);
  Device device(load_machine("tiny"));
  DenseRunner runner(device, weights, Type::kF32, 4);
  CHECK_THROWS_AS(runner.forward(kIds), InputError);
}

}  // namespace npu
