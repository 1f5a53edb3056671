#include "kernels/ops/attention_reference.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/ops/attention.h"

namespace npu {

namespace {

double dot(const double* a, const double* b, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

namespace detail {

void attend_reference(const AttentionShape& shape, const double* q,
                      const std::vector<const double*>& keys,
                      const std::vector<const double*>& values, std::optional<double> sink,
                      Expected& expected) {
  const size_t dim = static_cast<size_t>(shape.head_dim),
               channels = static_cast<size_t>(shape.values());
  const double scale = double{shape.scale_or_default()};
  const double q_norm = std::sqrt(dot(q, q, dim));
  std::vector<double> p;
  double top = sink.value_or(-HUGE_VAL), k_norm = 0;
  for (const double* key : keys) {
    p.push_back(dot(q, key, dim) * scale);
    top = std::max(top, p.back());
    k_norm = std::max(k_norm, std::sqrt(dot(key, key, dim)));
  }
  double sum = sink ? std::exp(*sink - top) : 0, spread = 0;
  for (double& x : p) {
    spread = std::max(spread, top - x);
    x = std::exp(x - top);
    sum += x;
  }

  // What a score can be off by moves its probability by that factor, above and below the fraction.
  const double score = scale * gamma_f32(static_cast<double>(dim + 2)) * q_norm * k_norm;
  const double steps = static_cast<double>(keys.size() + 16) + spread;
  const double relative = 2 * score + gamma_f32(2 * steps) + unit_roundoff(shape.type);
  for (size_t c = 0; c < channels; ++c) {
    double value = 0, size = 0, all = 0;
    for (size_t j = 0; j < p.size(); ++j) {
      const double x = values[j][c];
      value += p[j] * x;
      size += p[j] * std::fabs(x);
      all += std::fabs(x);
    }
    const double whole = p.empty() ? 1 : sum;
    const double error = relative * size / whole + smallest_half_step(shape.type) * all;
    expected.want.push_back(value / whole);
    expected.bound.push_back(with_rounding(shape.type, value / whole, error));
  }
}

}  // namespace detail

namespace {

// Query token t of every head, over the keys that `rows` (first, count) says.
template <class Rows>
Expected attend_all(const AttentionShape& shape, std::span<const double> q,
                    std::span<const double> k, std::span<const double> v, Rows rows) {
  const size_t dim = static_cast<size_t>(shape.head_dim);
  const size_t pitch = static_cast<size_t>(shape.kv_heads) * dim;
  Expected expected;
  for (int64_t t = 0; t < shape.tokens; ++t) {
    const auto [first, count] = rows(t);
    for (int64_t h = 0; h < shape.heads; ++h) {
      const size_t query = static_cast<size_t>(t * shape.heads + h) * dim;
      const size_t at =
          static_cast<size_t>(first) * pitch + static_cast<size_t>(h / shape.group()) * dim;
      std::vector<const double*> keys, values;
      for (size_t j = 0; j < static_cast<size_t>(count); ++j) {
        keys.push_back(k.data() + at + j * pitch);
        values.push_back(v.data() + at + j * pitch);
      }
      detail::attend_reference(shape, q.data() + query, keys, values, std::nullopt, expected);
    }
  }
  return expected;
}

}  // namespace

Expected flash_attention_reference(const AttentionShape& shape, std::span<const double> q,
                                   std::span<const double> k, std::span<const double> v,
                                   int64_t past) {
  return attend_all(shape, q, k, v, [&](int64_t t) { return std::pair(int64_t{0}, past + t + 1); });
}

Expected decode_attention_reference(const AttentionShape& shape, std::span<const double> q,
                                    std::span<const double> k, std::span<const double> v,
                                    int64_t keys) {
  return attend_all(shape, q, k, v, [&](int64_t t) { return std::pair(t * shape.capacity, keys); });
}

}  // namespace npu
