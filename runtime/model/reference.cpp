#include "runtime/model/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "isa/errors.h"
#include "runtime/files/problems.h"
#include "runtime/model/rope.h"

namespace npu {
namespace {

using Vector = std::vector<double>;

Vector rms_norm(const double* x, size_t size, const std::vector<float>& weight, double eps) {
  double squares = 0;
  for (size_t i = 0; i < size; ++i) squares += x[i] * x[i];
  const double scale = 1 / std::sqrt(squares / static_cast<double>(size) + eps);
  Vector result(size);
  for (size_t i = 0; i < size; ++i) result[i] = x[i] * scale * static_cast<double>(weight[i]);
  return result;
}

// W x, plus the bias unless it is empty.
Vector linear(const Matrix& w, const Vector& x, const std::vector<float>& bias = {}) {
  Vector y(static_cast<size_t>(w.rows));
  for (std::int64_t r = 0; r < w.rows; ++r) {
    const float* row = w.row(r);
    const auto index = static_cast<size_t>(r);
    double sum = bias.empty() ? 0.0 : static_cast<double>(bias[index]);
    for (size_t c = 0; c < x.size(); ++c) sum += static_cast<double>(row[c]) * x[c];
    y[index] = sum;
  }
  return y;
}

void add(Vector& x, const Vector& y) {
  for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
}

Vector feed_forward(const DenseLayer& layer, const Vector& x) {
  Vector gate = linear(layer.w_gate, x);
  const Vector up = linear(layer.w_up, x);
  for (size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
  return linear(layer.w_down, gate);
}

void softmax(Vector& scores) {
  const double largest = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& score : scores) sum += score = std::exp(score - largest);
  for (double& score : scores) score /= sum;
}

}  // namespace

ReferenceModel::ReferenceModel(const DenseWeights& weights)
    : weights_(weights),
      frequencies_(rope_frequencies(weights.config)),
      caches_(weights.layers.size()) {}

std::vector<double> ReferenceModel::forward(int token, int position) {
  const ModelConfig& config = weights_.config;
  if (token < 0 || token >= config.vocab) {
    throw InputError(
        problem_line("token", fmt::format("{}", token), fmt::format("0 to {}", config.vocab - 1)));
  }
  if (position < 0 || position >= config.max_positions) {
    throw InputError(problem_line("position", fmt::format("{}", position),
                                  fmt::format("0 to {}", config.max_positions - 1)));
  }
  const float* embedding = weights_.embedding.row(token);
  Vector x(embedding, embedding + config.hidden);  // (hidden)
  for (size_t i = 0; i < weights_.layers.size(); ++i) {
    const DenseLayer& layer = weights_.layers[i];
    const Vector before = rms_norm(x.data(), x.size(), layer.attention_norm, config.rms_eps);
    add(x, attention(layer, before, position, caches_[i]));
    add(x, feed_forward(layer, rms_norm(x.data(), x.size(), layer.ffn_norm, config.rms_eps)));
  }
  const Vector last = rms_norm(x.data(), x.size(), weights_.final_norm, config.rms_eps);
  return linear(weights_.lm_head(), last);
}

std::vector<double> ReferenceModel::attention(const DenseLayer& layer, const Vector& x,
                                              int position, Cache& cache) const {
  const ModelConfig& config = weights_.config;
  const auto cached = static_cast<size_t>(position * config.kv_width());
  NPU_ASSERT(cache.keys.size() >= cached);
  Vector q = linear(layer.wq, x, layer.bq);        // (heads, head_dim)
  Vector k = linear(layer.wk, x, layer.bk);        // (kv_heads, head_dim)
  const Vector v = linear(layer.wv, x, layer.bv);  // (kv_heads, head_dim)
  if (config.qk_norm) {
    norm_heads(q, layer.q_norm);
    norm_heads(k, layer.k_norm);
  }
  for (std::int64_t h = 0; h < config.heads; ++h) rotate(&q[h * config.head_dim], position);
  for (std::int64_t h = 0; h < config.kv_heads; ++h) rotate(&k[h * config.head_dim], position);

  cache.keys.resize(cached);
  cache.values.resize(cached);
  cache.keys.insert(cache.keys.end(), k.begin(), k.end());
  cache.values.insert(cache.values.end(), v.begin(), v.end());

  Vector out(q.size());
  const std::int64_t heads_per_kv = config.heads / config.kv_heads;
  for (std::int64_t h = 0; h < config.heads; ++h) {
    attend_head(&q[h * config.head_dim], h / heads_per_kv, position, cache,
                &out[h * config.head_dim]);
  }
  return linear(layer.wo, out, layer.bo);
}

void ReferenceModel::attend_head(const double* query, std::int64_t kv_head, int position,
                                 const Cache& cache, double* out) const {
  const std::int64_t dim = weights_.config.head_dim;
  const std::int64_t width = weights_.config.kv_width();
  Vector scores(static_cast<size_t>(position) + 1);
  for (size_t p = 0; p < scores.size(); ++p) {
    const double* key = &cache.keys[p * width + kv_head * dim];
    double dot = 0;
    for (std::int64_t i = 0; i < dim; ++i) dot += query[i] * key[i];
    scores[p] = dot / std::sqrt(static_cast<double>(dim));
  }
  softmax(scores);
  for (size_t p = 0; p < scores.size(); ++p) {
    const double* value = &cache.values[p * width + kv_head * dim];
    for (std::int64_t i = 0; i < dim; ++i) out[i] += scores[p] * value[i];
  }
}

void ReferenceModel::rotate(double* head, int position) const {
  const size_t half = frequencies_.size();
  const bool interleaved = weights_.config.rope_layout == RopeLayout::kInterleaved;
  for (size_t i = 0; i < half; ++i) {
    double& first = head[interleaved ? 2 * i : i];
    double& second = head[interleaved ? 2 * i + 1 : i + half];
    const double angle = position * frequencies_[i];
    const double a = first, b = second;
    first = a * std::cos(angle) - b * std::sin(angle);
    second = a * std::sin(angle) + b * std::cos(angle);
  }
}

void ReferenceModel::norm_heads(Vector& heads, const std::vector<float>& weight) const {
  const size_t dim = weight.size();
  for (size_t start = 0; start < heads.size(); start += dim) {
    const Vector normed = rms_norm(&heads[start], dim, weight, weights_.config.rms_eps);
    std::copy(normed.begin(), normed.end(), heads.begin() + static_cast<std::ptrdiff_t>(start));
  }
}

int argmax(const std::vector<double>& logits) {
  return static_cast<int>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

std::vector<int> generate_greedy(ReferenceModel& model, const std::vector<int>& prompt, int total) {
  NPU_ASSERT(!prompt.empty());
  std::vector<int> ids = prompt;
  for (int position = 0; static_cast<int>(ids.size()) < total; ++position) {
    const auto logits = model.forward(ids[static_cast<size_t>(position)], position);
    if (static_cast<size_t>(position) + 1 == ids.size()) ids.push_back(argmax(logits));
  }
  return ids;
}

}  // namespace npu
