#include "runtime/model/reference.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <set>

#include "tests/unit/runtime/files/bytes.h"
#include "tests/unit/runtime/model/fixtures.h"

using namespace npu;

namespace {

using Row = std::vector<double>;

double dot(const float* a, const Row& b) {
  double sum = 0;
  for (size_t i = 0; i < b.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

Row times(const Matrix& m, const Row& x, const std::vector<float>& bias = {}) {
  Row y;
  for (std::int64_t r = 0; r < m.rows; ++r) y.push_back(dot(m.row(r), x));
  for (size_t i = 0; i < bias.size(); ++i) y[i] += static_cast<double>(bias[i]);
  return y;
}

Row normed(Row x, const std::vector<float>& weight, double eps) {
  double mean = 0;
  for (const double v : x) mean += v * v / static_cast<double>(x.size());
  for (size_t i = 0; i < x.size(); ++i)
    x[i] *= static_cast<double>(weight[i]) / std::sqrt(mean + eps);
  return x;
}

// Head h of a row, normed if the model does so, each pair turned as a complex number.
Row head_of(const ModelConfig& c, const Row& row, std::int64_t h, const std::vector<float>& norm,
            size_t position) {
  Row head(row.begin() + h * c.head_dim, row.begin() + (h + 1) * c.head_dim);
  if (c.qk_norm) head = normed(head, norm, c.rms_eps);
  const auto half = static_cast<size_t>(c.head_dim / 2);
  for (size_t i = 0; i < half; ++i) {
    const bool pairs = c.rope_layout == RopeLayout::kInterleaved;
    double& re = head[pairs ? 2 * i : i];
    double& im = head[pairs ? 2 * i + 1 : i + half];
    const double angle = static_cast<double>(position) /
                         std::pow(c.rope_theta, static_cast<double>(i) / static_cast<double>(half));
    const auto turned = std::complex<double>(re, im) * std::polar(1.0, angle);
    re = turned.real();
    im = turned.imag();
  }
  return head;
}

Row attended(const ModelConfig& c, const DenseLayer& layer, const std::vector<Row>& x, size_t t) {
  Row out;
  for (std::int64_t h = 0; h < c.heads; ++h) {
    const std::int64_t kv = h * c.kv_heads / c.heads;
    const Row q = head_of(c, times(layer.wq, x[t], layer.bq), h, layer.q_norm, t);
    Row sum(static_cast<size_t>(c.head_dim));
    double total = 0;
    for (size_t s = 0; s <= t; ++s) {
      const Row k = head_of(c, times(layer.wk, x[s], layer.bk), kv, layer.k_norm, s);
      const Row v = times(layer.wv, x[s], layer.bv);
      double score = 0;
      for (size_t i = 0; i < q.size(); ++i) score += q[i] * k[i];
      const double weight = std::exp(score / std::sqrt(static_cast<double>(c.head_dim)));
      total += weight;
      for (size_t i = 0; i < sum.size(); ++i) {
        sum[i] += weight * v[static_cast<size_t>(kv * c.head_dim) + i];
      }
    }
    for (const double value : sum) out.push_back(value / total);
  }
  return times(layer.wo, out, layer.bo);
}

// The logits after the last of `ids`, every position computed anew: no cache, no running maximum.
Row naive_logits(const DenseWeights& w, const std::vector<int>& ids) {
  const ModelConfig& c = w.config;
  std::vector<Row> x;
  for (const int id : ids) x.emplace_back(w.embedding.row(id), w.embedding.row(id) + c.hidden);
  for (const DenseLayer& layer : w.layers) {
    std::vector<Row> before;
    for (const Row& row : x) before.push_back(normed(row, layer.attention_norm, c.rms_eps));
    for (size_t t = 0; t < x.size(); ++t) {
      const Row out = attended(c, layer, before, t);
      for (size_t i = 0; i < out.size(); ++i) x[t][i] += out[i];
      const Row ffn_in = normed(x[t], layer.ffn_norm, c.rms_eps);
      Row inner = times(layer.w_gate, ffn_in);
      const Row up = times(layer.w_up, ffn_in);
      for (size_t i = 0; i < inner.size(); ++i) inner[i] *= up[i] / (1 + std::exp(-inner[i]));
      const Row ffn_out = times(layer.w_down, inner);
      for (size_t i = 0; i < ffn_out.size(); ++i) x[t][i] += ffn_out[i];
    }
  }
  return times(w.lm_head(), normed(x.back(), w.final_norm, c.rms_eps));
}

void check_against_naive(const ModelConfig& config) {
  const DenseWeights weights = generated_weights(config, 3);
  ReferenceModel model(weights);
  const std::vector<int> ids = {1, 17, 5, 5, 60, 33, 2};
  for (size_t t = 0; t < ids.size(); ++t) {
    const Row logits = model.forward(ids[t], static_cast<int>(t));
    const Row naive = naive_logits(
        weights, std::vector<int>(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(t) + 1));
    REQUIRE(logits.size() == naive.size());
    for (size_t i = 0; i < naive.size(); ++i) CHECK(std::abs(logits[i] - naive[i]) < 1e-11);
  }
}

// Rows 2i and 2i + 1 of each head of `split` from its rows i and i + head_dim / 2.
Matrix interleaved(const Matrix& split, std::int64_t head_dim) {
  Matrix result(split.rows, split.columns);
  for (std::int64_t r = 0; r < split.rows; ++r) {
    const std::int64_t in_head = r % head_dim;
    const std::int64_t source = r - in_head + in_head / 2 + (in_head % 2) * (head_dim / 2);
    std::copy(split.row(source), split.row(source) + split.columns,
              result.values.begin() + r * split.columns);
  }
  return result;
}

}  // namespace

TEST_CASE("the reference equals the naive formula: Llama, interleaved RoPE, own head") {
  check_against_naive(test::small_config());
}

TEST_CASE(
    "the reference equals the naive formula: half-split RoPE, tied head, every head its own KV") {
  ModelConfig config = test::small_config();
  config.rope_layout = RopeLayout::kHalfSplit;
  config.tied_embeddings = true;
  config.kv_heads = 4;
  check_against_naive(config);
}

TEST_CASE("the reference equals the naive formula: Qwen3 with normed heads wider than the model") {
  ModelConfig config = test::small_config();
  config.rope_layout = RopeLayout::kHalfSplit;
  config.qk_norm = true;
  config.attention_bias = true;
  config.head_dim = 12;
  config.kv_heads = 1;
  check_against_naive(config);
}

TEST_CASE("the two RoPE layouts agree when the rows of wq and wk are permuted") {
  ModelConfig config = test::small_config();
  config.rope_layout = RopeLayout::kHalfSplit;
  const DenseWeights split = generated_weights(config, 11);
  DenseWeights pairs = split;
  pairs.config.rope_layout = RopeLayout::kInterleaved;
  for (DenseLayer& layer : pairs.layers) {
    layer.wq = interleaved(layer.wq, config.head_dim);
    layer.wk = interleaved(layer.wk, config.head_dim);
  }
  ReferenceModel a(split), b(pairs);
  for (int t = 0; t < 5; ++t) {
    const Row x = a.forward(7 * t, t), y = b.forward(7 * t, t);
    for (size_t i = 0; i < x.size(); ++i) CHECK(std::abs(x[i] - y[i]) < 1e-12);
  }
}

TEST_CASE("a generated model gives these ids, far apart and not one repeated id") {
  const DenseWeights weights = generated_weights(test::small_config(), 42);
  ReferenceModel model(weights);
  const std::vector<int> ids = generate_greedy(model, {1, 9}, 20);
  CHECK(ids == std::vector<int>{1,  9,  12, 62, 36, 43, 43, 29, 19, 30,
                                25, 18, 62, 60, 49, 34, 19, 17, 24, 9});
  CHECK(std::set<int>(ids.begin(), ids.end()).size() > 5);
  for (size_t t = 1; t + 1 < ids.size(); ++t) {
    const std::vector<int> before(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(t) + 1);
    Row logits = naive_logits(weights, before);
    CHECK(argmax(logits) == ids[t + 1]);
    const double best = logits[static_cast<size_t>(ids[t + 1])];
    logits[static_cast<size_t>(ids[t + 1])] = -1e9;
    CHECK(best - logits[static_cast<size_t>(argmax(logits))] > 1e-3);
  }
}

TEST_CASE("an earlier position forgets what came after it") {
  const DenseWeights weights = generated_weights(test::small_config(), 3);
  ReferenceModel model(weights);
  const Row first = model.forward(1, 0);
  const Row second = model.forward(2, 1);
  model.forward(30, 2);
  CHECK(model.forward(2, 1) == second);
  CHECK(model.forward(1, 0) == first);
}

TEST_CASE("tokens and positions outside of the model are refused") {
  const DenseWeights weights = generated_weights(test::small_config(), 3);
  ReferenceModel model(weights);
  CHECK(test::refusal([&] { model.forward(64, 0); }) == "token: 64; allowed: 0 to 63");
  CHECK(test::refusal([&] { model.forward(-1, 0); }) == "token: -1; allowed: 0 to 63");
  CHECK(test::refusal([&] { model.forward(0, 32); }) == "position: 32; allowed: 0 to 31");
  CHECK_THROWS_AS(model.forward(0, 3), InternalError);
}

TEST_CASE("of equal logits the lowest id wins") { CHECK(argmax({1, 3, 2, 3}) == 1); }
