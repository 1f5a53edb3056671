#include "runtime/model/weights.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "runtime/model/rope.h"
#include "tests/unit/runtime/files/bytes.h"
#include "tests/unit/runtime/model/fixtures.h"

using namespace npu;

namespace {

std::uint32_t bits(float value) {
  std::uint32_t result = 0;
  std::memcpy(&result, &value, 4);
  return result;
}

double rms(const std::vector<float>& values) {
  double squares = 0;
  for (const float value : values)
    squares += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

}  // namespace

TEST_CASE("generated weights have the same bits everywhere") {
  const DenseWeights weights = generated_weights(test::small_config(), 7);
  CHECK(bits(weights.embedding.values[0]) == 0x3f0ae6a7);
  CHECK(bits(weights.layers[1].w_down.values[100]) == 0xbe21c044);
  CHECK(bits(weights.final_norm[31]) == 0x3f908de2);
  CHECK(bits(weights.head.values.back()) == 0xbec0f57c);
}

TEST_CASE("another seed gives other weights, the same seed the same") {
  const auto weights = [](std::uint64_t seed) {
    return generated_weights(test::small_config(), seed).layers[0].wq.values;
  };
  CHECK(weights(1) == weights(1));
  CHECK(weights(1) != weights(2));
}

TEST_CASE("generated tensors differ from each other and keep the size of activations") {
  const DenseWeights weights = generated_weights(test::small_config(), 7);
  const DenseLayer& layer = weights.layers[0];
  CHECK(layer.wk.values != layer.wv.values);
  CHECK(layer.wq.values != weights.layers[1].wq.values);
  CHECK(rms(layer.wq.values) * std::sqrt(32.0) == Approx(1).epsilon(0.1));
  CHECK(rms(weights.head.values) * std::sqrt(32.0) == Approx(4).epsilon(0.1));
}

TEST_CASE("tensors exist exactly where the configuration has them") {
  ModelConfig config = test::small_config();
  DenseWeights plain = zero_weights(config);
  CHECK(plain.layers[0].bq.empty());
  CHECK(plain.layers[0].q_norm.empty());
  CHECK(plain.head.rows == 64);
  config.qk_norm = config.attention_bias = config.tied_embeddings = true;
  DenseWeights full = zero_weights(config);
  CHECK(full.layers[0].bk.size() == 16);
  CHECK(full.layers[0].q_norm.size() == 8);
  CHECK(full.head.values.empty());
  CHECK(&full.lm_head() == &full.embedding);
}

TEST_CASE("generated weights of a model too big for memory are refused") {
  ModelConfig config = test::small_config();
  config.hidden = 1 << 16;
  config.layers = 100;
  config.intermediate = 1 << 18;
  CHECK_THAT(test::refusal([&] { generated_weights(config, 1); }),
             Catch::Contains("parameters; allowed: at most 1073741824 parameters"));
}

TEST_CASE("RoPE turns the first pair by one radian a position and the others by less") {
  const std::vector<double> frequencies = rope_frequencies(test::small_config());
  REQUIRE(frequencies.size() == 4);
  CHECK(frequencies[0] == 1);
  CHECK(frequencies[1] == Approx(0.1));
  CHECK(frequencies[3] == Approx(0.001));
}

TEST_CASE("Llama 3.1 scaling keeps short waves, slows long ones and blends between") {
  ModelConfig config = test::small_config();
  config.head_dim = 128;
  config.rope_theta = 500000;
  const std::vector<double> plain = rope_frequencies(config);
  config.rope_scaling = Llama3RopeScaling{8, 1, 4, 8192};
  const std::vector<double> scaled = rope_frequencies(config);
  constexpr double kTwoPi = 6.283185307179586;
  int blended = 0;
  for (size_t i = 0; i < plain.size(); ++i) {
    const double wavelength = kTwoPi / plain[i];
    if (wavelength < 8192.0 / 4) {
      CHECK(scaled[i] == plain[i]);
    } else if (wavelength > 8192.0) {
      CHECK(scaled[i] == Approx(plain[i] / 8));
    } else {
      const double smooth = (8192 / wavelength - 1) / (4 - 1);
      CHECK(scaled[i] == Approx((1 - smooth) * plain[i] / 8 + smooth * plain[i]));
      ++blended;
    }
  }
  CHECK(blended > 0);
}
