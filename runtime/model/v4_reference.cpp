#include "runtime/model/v4_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "isa/errors.h"
#include "runtime/files/problems.h"

namespace npu {
namespace {

using Vector = std::vector<double>;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

double inverse_rms(const double* x, std::int64_t size, double eps) {
  double squares = 0;
  for (std::int64_t i = 0; i < size; ++i) squares += x[i] * x[i];
  return 1 / std::sqrt(squares / static_cast<double>(size) + eps);
}

double dot(const double* a, const double* b, std::int64_t size) {
  double sum = 0;
  for (std::int64_t i = 0; i < size; ++i) sum += a[i] * b[i];
  return sum;
}

// Rows first .. first + count of w, times x.
Vector multiply(const Matrix& w, std::int64_t first, std::int64_t count, const double* x) {
  Vector y(static_cast<size_t>(count));
  for (std::int64_t r = 0; r < count; ++r) {
    const float* row = w.row(first + r);
    double sum = 0;
    for (std::int64_t c = 0; c < w.columns; ++c) sum += static_cast<double>(row[c]) * x[c];
    y[r] = sum;
  }
  return y;
}

// Indices of the k largest, the lower one first among equals.
std::vector<std::int64_t> largest(const Vector& x, std::int64_t k) {
  std::vector<std::int64_t> order(x.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int64_t a, std::int64_t b) { return x[a] > x[b]; });
  order.resize(std::min(order.size(), static_cast<size_t>(k)));
  return order;
}

void divide_rows(Vector& m, std::int64_t n, double eps) {
  for (std::int64_t j = 0; j < n; ++j) {
    double sum = eps;
    for (std::int64_t k = 0; k < n; ++k) sum += m[j * n + k];
    for (std::int64_t k = 0; k < n; ++k) m[j * n + k] /= sum;
  }
}

void divide_columns(Vector& m, std::int64_t n, double eps) {
  for (std::int64_t k = 0; k < n; ++k) {
    double sum = eps;
    for (std::int64_t j = 0; j < n; ++j) sum += m[j * n + k];
    for (std::int64_t j = 0; j < n; ++j) m[j * n + k] /= sum;
  }
}

// Softmax of the rows of an (n, n) matrix, then rows and columns divided by their sums in turn.
void sinkhorn(Vector& m, std::int64_t n, std::int64_t rounds, double eps) {
  for (std::int64_t j = 0; j < n; ++j) {
    const double top = *std::max_element(m.begin() + j * n, m.begin() + (j + 1) * n);
    for (std::int64_t k = 0; k < n; ++k) m[j * n + k] = std::exp(m[j * n + k] - top);
  }
  divide_rows(m, n, 0);
  for (double& value : m) value += eps;
  divide_columns(m, n, eps);
  for (std::int64_t round = 1; round < rounds; ++round) {
    divide_rows(m, n, eps);
    divide_columns(m, n, eps);
  }
}

}  // namespace

V4Reference::V4Reference(const V4Weights& weights) : weights_(weights), c_(weights.config) {
  for (std::int64_t i = 0; i < c_.layers; ++i) {
    Layer layer;
    layer.frequencies = c_.rope_frequencies(i);
    layer.window.resize(static_cast<size_t>(c_.window));
    const std::int64_t ratio = c_.ratio(i), rows = (ratio == 4 ? 2 : 1) * ratio;
    for (auto [state, dim] :
         {std::pair(&layer.main, c_.head_dim), std::pair(&layer.index, c_.index_dim)}) {
      const auto width = static_cast<size_t>(V4Config::compressor_width(ratio, dim));
      state->dim = dim;
      state->kv.assign(static_cast<size_t>(rows), Vector(width));
      state->gate.assign(static_cast<size_t>(rows),
                         Vector(width, -std::numeric_limits<double>::infinity()));
    }
    layers_.push_back(std::move(layer));
  }
}

Vector V4Reference::normed(const Vector& x, const std::string& name) const {
  const Matrix& w = weight(name);
  const double scale = inverse_rms(x.data(), w.columns, c_.rms_eps);
  Vector y(x.size());
  for (size_t i = 0; i < x.size(); ++i) y[i] = x[i] * scale * static_cast<double>(w.values[i]);
  return y;
}

Vector V4Reference::project(const std::string& name, const Vector& x) const {
  const Matrix& w = weight(name);
  return multiply(w, 0, w.rows, x.data());
}

// Pairs (2i, 2i + 1) of the last rope_dim channels of every head of `dim`.
void V4Reference::turn(Vector& heads, std::int64_t dim, const Layer& layer, std::int64_t position,
                       bool back) const {
  for (size_t end = static_cast<size_t>(dim); end <= heads.size(); end += dim) {
    double* pair = heads.data() + end - c_.rope_dim;
    for (const double frequency : layer.frequencies) {
      const double angle = static_cast<double>(position) * frequency * (back ? -1 : 1);
      const double a = pair[0], b = pair[1];
      *pair++ = a * std::cos(angle) - b * std::sin(angle);
      *pair++ = a * std::sin(angle) + b * std::cos(angle);
    }
  }
}

Vector V4Reference::mixes(const Vector& h, const Matrix& fn) const {
  Vector m = multiply(fn, 0, fn.rows, h.data());
  const double scale = inverse_rms(h.data(), fn.columns, c_.rms_eps);
  for (double& value : m) value *= scale;
  return m;
}

V4Reference::Mix V4Reference::hc_pre(const Vector& h, const std::string& part) const {
  const std::int64_t n = c_.streams;
  const std::vector<float>&scale = weight("hc_" + part + "_scale").values,
        &base = weight("hc_" + part + "_base").values;
  Vector m = mixes(h, weight("hc_" + part + "_fn"));
  for (std::int64_t i = 0; i < c_.mixes(); ++i) {
    const double factor = static_cast<double>(scale[std::min<std::int64_t>(i / n, 2)]);
    m[i] = m[i] * factor + static_cast<double>(base[i]);
  }
  Mix mix{Vector(c_.hidden), Vector(n), Vector(m.begin() + 2 * n, m.end())};
  for (std::int64_t j = 0; j < n; ++j) {
    const double pre = sigmoid(m[j]) + c_.hc_eps;
    for (std::int64_t i = 0; i < c_.hidden; ++i) mix.x[i] += pre * h[j * c_.hidden + i];
    mix.post[j] = 2 * sigmoid(m[n + j]);
  }
  sinkhorn(mix.comb, n, c_.sinkhorn_rounds, c_.hc_eps);
  return mix;
}

Vector V4Reference::hc_post(const Vector& y, const Vector& h, const Mix& mix) const {
  const std::int64_t n = c_.streams, d = c_.hidden;
  Vector result(h.size());
  for (std::int64_t k = 0; k < n; ++k) {
    for (std::int64_t i = 0; i < d; ++i) {
      double sum = mix.post[k] * y[i];
      for (std::int64_t j = 0; j < n; ++j) sum += mix.comb[j * n + k] * h[j * d + i];
      result[k * d + i] = sum;
    }
  }
  return result;
}

Vector V4Reference::hc_head(const Vector& h) const {
  const Vector m = mixes(h, weight("hc_head_fn"));
  const double scale = static_cast<double>(weight("hc_head_scale").values[0]);
  Vector x(static_cast<size_t>(c_.hidden));
  for (std::int64_t j = 0; j < c_.streams; ++j) {
    const double base = static_cast<double>(weight("hc_head_base").values[j]);
    const double pre = sigmoid(m[j] * scale + base) + c_.hc_eps;
    for (std::int64_t i = 0; i < c_.hidden; ++i) x[i] += pre * h[j * c_.hidden + i];
  }
  return x;
}

void V4Reference::compress(Compressor& state, const Vector& x, const std::string& place,
                           const Layer& layer, std::int64_t ratio) const {
  const std::int64_t slot = position_ % ratio, first = ratio == 4 ? ratio : 0;
  Vector gate = project(place + "compressor.wgate.weight", x);
  const float* ape = weight(place + "compressor.ape").row(slot);
  for (size_t i = 0; i < gate.size(); ++i) gate[i] += static_cast<double>(ape[i]);
  state.kv[first + slot] = project(place + "compressor.wkv.weight", x);
  state.gate[first + slot] = std::move(gate);
  if (slot + 1 < ratio) return;
  Vector entry = normed(pool(state, ratio), place + "compressor.norm.weight");
  turn(entry, state.dim, layer, position_ + 1 - ratio);
  state.entries.push_back(std::move(entry));
  for (std::int64_t i = 0; i < first; ++i) {
    state.kv[i] = state.kv[first + i];
    state.gate[i] = state.gate[first + i];
  }
}

// The mean of all rows, weighted by the softmax of their gates, channel by channel. Of two
// overlapping blocks the earlier has its channels in front.
Vector V4Reference::pool(const Compressor& state, std::int64_t ratio) const {
  Vector result(static_cast<size_t>(state.dim));
  const auto rows = static_cast<std::int64_t>(state.kv.size());
  for (std::int64_t c = 0; c < state.dim; ++c) {
    const auto channel = [&](std::int64_t row) {
      return static_cast<size_t>(row >= ratio ? state.dim + c : c);
    };
    double top = -std::numeric_limits<double>::infinity(), sum = 0;
    for (std::int64_t r = 0; r < rows; ++r) top = std::max(top, state.gate[r][channel(r)]);
    for (std::int64_t r = 0; r < rows; ++r) {
      const double p = std::exp(state.gate[r][channel(r)] - top);
      result[c] += p * state.kv[r][channel(r)];
      sum += p;
    }
    result[c] /= sum;
  }
  return result;
}

// The indexer's choice among the closed blocks.
std::vector<std::int64_t> V4Reference::choose(const Layer& layer, const Vector& x,
                                              const Vector& qr) const {
  Vector q = project("attn.indexer.wq_b.weight", qr);  // (index_heads, index_dim)
  turn(q, c_.index_dim, layer, position_);
  const Vector w = project("attn.indexer.weights_proj.weight", x);
  Vector scores(layer.index.entries.size());
  for (size_t i = 0; i < scores.size(); ++i) {
    for (std::int64_t h = 0; h < c_.index_heads; ++h) {
      const double* head = q.data() + h * c_.index_dim;
      scores[i] += w[h] * std::max(0.0, dot(head, layer.index.entries[i].data(), c_.index_dim));
    }
  }
  return largest(scores, c_.index_top_k);
}

Vector V4Reference::attend(const Vector& q, const std::vector<const Vector*>& keys) const {
  Vector out(q.size());
  const double scale = 1 / std::sqrt(static_cast<double>(c_.head_dim));
  for (std::int64_t h = 0; h < c_.heads; ++h) {
    const double sink = static_cast<double>(weight("attn.attn_sink").values[h]);
    Vector scores;
    double top = sink;
    for (const Vector* key : keys) {
      scores.push_back(scale * dot(q.data() + h * c_.head_dim, key->data(), c_.head_dim));
      top = std::max(top, scores.back());
    }
    double sum = std::exp(sink - top);
    for (double& score : scores) sum += score = std::exp(score - top);
    for (size_t i = 0; i < keys.size(); ++i) {
      const double p = scores[i] / sum;
      for (std::int64_t d = 0; d < c_.head_dim; ++d) out[h * c_.head_dim + d] += p * (*keys[i])[d];
    }
  }
  return out;
}

// Every group of heads through its own matrix, then all together.
Vector V4Reference::project_output(const Vector& o) const {
  const Matrix& wo_a = weight("attn.wo_a.weight");
  Vector low;
  for (std::int64_t g = 0; g < c_.o_groups; ++g) {
    const Vector part = multiply(wo_a, g * c_.o_rank, c_.o_rank, o.data() + g * c_.o_width());
    low.insert(low.end(), part.begin(), part.end());
  }
  return project("attn.wo_b.weight", low);
}

Vector V4Reference::attention(Layer& layer, std::int64_t ratio, const Vector& x) {
  const Vector qr = normed(project("attn.wq_a.weight", x), "attn.q_norm.weight");
  Vector q = project("attn.wq_b.weight", qr);  // (heads, head_dim)
  for (std::int64_t h = 0; h < c_.heads; ++h) {
    const double scale = inverse_rms(q.data() + h * c_.head_dim, c_.head_dim, c_.rms_eps);
    for (std::int64_t d = 0; d < c_.head_dim; ++d) q[h * c_.head_dim + d] *= scale;
  }
  turn(q, c_.head_dim, layer, position_);
  Vector kv = normed(project("attn.wkv.weight", x), "attn.kv_norm.weight");
  turn(kv, c_.head_dim, layer, position_);
  layer.window[position_ % c_.window] = std::move(kv);
  if (ratio != 0) compress(layer.main, x, "attn.", layer, ratio);
  if (ratio == 4) compress(layer.index, x, "attn.indexer.", layer, ratio);

  std::vector<const Vector*> keys;
  for (const Vector& row : layer.window) {
    if (!row.empty()) keys.push_back(&row);
  }
  if (ratio == 4) {
    for (const std::int64_t entry : choose(layer, x, qr))
      keys.push_back(&layer.main.entries[entry]);
  } else {
    for (const Vector& entry : layer.main.entries) keys.push_back(&entry);
  }
  Vector o = attend(q, keys);
  turn(o, c_.head_dim, layer, position_, true);
  return project_output(o);
}

// route * silu(gate) * up through w2, of the index-th expert of a stack.
Vector V4Reference::expert(const Vector& x, const std::string& place, std::int64_t index,
                           double limit, double route) const {
  const std::int64_t n = c_.expert_hidden;
  Vector gate = multiply(weight(place + "w1.weight"), index * n, n, x.data());
  const Vector up = multiply(weight(place + "w3.weight"), index * n, n, x.data());
  for (std::int64_t i = 0; i < n; ++i) {
    const double g = std::min(gate[i], limit), u = std::clamp(up[i], -limit, limit);
    gate[i] = route * g * sigmoid(g) * u;
  }
  return multiply(weight(place + "w2.weight"), index * c_.hidden, c_.hidden, gate.data());
}

Vector V4Reference::experts(const Vector& x, std::int64_t layer, int token) const {
  Vector scores = project("ffn.gate.weight", x);
  for (double& s : scores) s = std::sqrt(std::max(s, 0.0) + std::log1p(std::exp(-std::abs(s))));
  std::vector<std::int64_t> chosen;
  if (layer < c_.hash_layers) {
    const float* row = weight("ffn.gate.tid2eid").row(token);
    for (std::int64_t i = 0; i < c_.top_k; ++i) chosen.push_back(static_cast<std::int64_t>(row[i]));
  } else {
    Vector biased = scores;
    const std::vector<float>& bias = weight("ffn.gate.bias").values;
    for (size_t i = 0; i < biased.size(); ++i) biased[i] += static_cast<double>(bias[i]);
    chosen = largest(biased, c_.top_k);
  }
  double sum = 0;
  for (const std::int64_t e : chosen) sum += scores[e];
  constexpr double kUnlimited = std::numeric_limits<double>::infinity();
  const double limit = c_.swiglu_limit > 0 ? c_.swiglu_limit : kUnlimited;
  Vector y = expert(x, "ffn.shared_experts.", 0, kUnlimited, 1);
  for (const std::int64_t e : chosen) {
    const Vector part = expert(x, "ffn.experts.", e, limit, scores[e] / sum * c_.route_scale);
    for (size_t i = 0; i < y.size(); ++i) y[i] += part[i];
  }
  return y;
}

Vector V4Reference::forward(int token) {
  if (token < 0 || token >= c_.vocab) {
    throw InputError(
        problem_line("token", fmt::format("{}", token), fmt::format("0 to {}", c_.vocab - 1)));
  }
  if (position_ >= c_.max_positions) {
    throw InputError(problem_line("position", fmt::format("{}", position_),
                                  fmt::format("0 to {}", c_.max_positions - 1)));
  }
  const float* embedding = weights_.at("embed.weight").row(token);
  Vector h;  // (streams, hidden)
  for (std::int64_t j = 0; j < c_.streams; ++j) h.insert(h.end(), embedding, embedding + c_.hidden);
  for (std::int64_t i = 0; i < c_.layers; ++i) {
    prefix_ = fmt::format("layers.{}.", i);
    Mix mix = hc_pre(h, "attn");
    h = hc_post(attention(layers_[i], c_.ratio(i), normed(mix.x, "attn_norm.weight")), h, mix);
    mix = hc_pre(h, "ffn");
    h = hc_post(experts(normed(mix.x, "ffn_norm.weight"), i, token), h, mix);
  }
  prefix_.clear();
  ++position_;
  return project("head.weight", normed(hc_head(h), "norm.weight"));
}

}  // namespace npu
