#include "runtime/model/weights.h"

#include <fmt/format.h>

#include <cmath>

#include "isa/errors.h"
#include "runtime/files/problems.h"

namespace npu {
namespace {

constexpr std::int64_t kMaxGeneratedParameters = std::int64_t{1} << 30;
constexpr double kHeadGain = 4;

std::uint64_t scramble(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

// Uniform numbers addressed by (seed, tensor, index). A tensor takes its number from the order of
// the calls; its elements are functions of their index alone. 24-bit integers scaled by powers of
// two and one rounded multiplication: no library function, so the bits are the same everywhere.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : seed_(seed) {}

  // center + amplitude * u, u uniform in [-1, 1).
  void fill(std::vector<float>& values, float center, float amplitude) {
    constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15u;
    const std::uint64_t key = scramble(seed_ + kGolden * ++tensor_);
    for (size_t i = 0; i < values.size(); ++i) {
      const std::uint64_t bits = scramble(key + kGolden * (i + 1)) >> 40;
      const float u = static_cast<float>(static_cast<std::int32_t>(bits) - (1 << 23)) / (1 << 23);
      const float scaled = amplitude * u;
      values[i] = center + scaled;
    }
  }

  void norm(std::vector<float>& values) { fill(values, 1.0f, 0.25f); }
  void bias(std::vector<float>& values) { fill(values, 0.0f, 0.25f); }

  // Keeps the mean square of its input, times gain squared.
  void matrix(Matrix& matrix, double gain = 1) {
    const double fan_in = static_cast<double>(matrix.columns);
    fill(matrix.values, 0.0f, static_cast<float>(gain * std::sqrt(3.0 / fan_in)));
  }

 private:
  std::uint64_t seed_;
  std::uint64_t tensor_ = 0;
};

DenseLayer zero_layer(const ModelConfig& c) {
  const auto vector = [](std::int64_t size) {
    return std::vector<float>(static_cast<size_t>(size));
  };
  DenseLayer layer;
  layer.attention_norm = vector(c.hidden);
  layer.wq = Matrix(c.q_width(), c.hidden);
  layer.wk = Matrix(c.kv_width(), c.hidden);
  layer.wv = Matrix(c.kv_width(), c.hidden);
  layer.wo = Matrix(c.hidden, c.q_width());
  if (c.attention_bias) {
    layer.bq = vector(c.q_width());
    layer.bk = vector(c.kv_width());
    layer.bv = vector(c.kv_width());
    layer.bo = vector(c.hidden);
  }
  if (c.qk_norm) {
    layer.q_norm = vector(c.head_dim);
    layer.k_norm = vector(c.head_dim);
  }
  layer.ffn_norm = vector(c.hidden);
  layer.w_gate = Matrix(c.intermediate, c.hidden);
  layer.w_up = Matrix(c.intermediate, c.hidden);
  layer.w_down = Matrix(c.hidden, c.intermediate);
  return layer;
}

}  // namespace

DenseWeights zero_weights(const ModelConfig& config) {
  DenseWeights weights;
  weights.config = config;
  weights.embedding = Matrix(config.vocab, config.hidden);
  weights.layers.reserve(static_cast<size_t>(config.layers));
  for (std::int64_t i = 0; i < config.layers; ++i) weights.layers.push_back(zero_layer(config));
  weights.final_norm.resize(static_cast<size_t>(config.hidden));
  if (!config.tied_embeddings) weights.head = Matrix(config.vocab, config.hidden);
  return weights;
}

DenseWeights generated_weights(const ModelConfig& config, std::uint64_t seed) {
  const std::int64_t parameters = parameter_count(config);
  if (parameters > kMaxGeneratedParameters) {
    throw InputError(problem_line("generated weights",
                                  fmt::format("a model of {} parameters", parameters),
                                  fmt::format("at most {} parameters", kMaxGeneratedParameters)));
  }
  DenseWeights weights = zero_weights(config);
  Generator generator(seed);
  generator.matrix(weights.embedding, kHeadGain);
  for (DenseLayer& layer : weights.layers) {
    generator.norm(layer.attention_norm);
    for (Matrix* matrix : {&layer.wq, &layer.wk, &layer.wv, &layer.wo}) generator.matrix(*matrix);
    for (auto* bias : {&layer.bq, &layer.bk, &layer.bv, &layer.bo}) generator.bias(*bias);
    for (auto* norm : {&layer.q_norm, &layer.k_norm, &layer.ffn_norm}) generator.norm(*norm);
    for (Matrix* matrix : {&layer.w_gate, &layer.w_up}) generator.matrix(*matrix);
    generator.matrix(layer.w_down, 2);
  }
  generator.norm(weights.final_norm);
  generator.matrix(weights.head, kHeadGain);
  return weights;
}

}  // namespace npu
