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

// One query over `keys` keys, whose rows are `pitch` apart; appends head_dim elements.
void attend(const AttentionShape& shape, const double* q, const double* k, const double* v,
            size_t pitch, size_t keys, Expected& expected) {
  const size_t dim = static_cast<size_t>(shape.head_dim);
  const double scale = double{shape.scale_or_default()};
  const double q_norm = std::sqrt(dot(q, q, dim));
  std::vector<double> p(keys);
  double top = -HUGE_VAL, k_norm = 0;
  for (size_t j = 0; j < keys; ++j) {
    const double* key = k + j * pitch;
    p[j] = dot(q, key, dim) * scale;
    top = std::max(top, p[j]);
    k_norm = std::max(k_norm, std::sqrt(dot(key, key, dim)));
  }
  double sum = 0, spread = 0;
  for (double& x : p) {
    spread = std::max(spread, top - x);
    x = std::exp(x - top);
    sum += x;
  }

  // What a score can be off by moves its probability by that factor, above and below the fraction.
  const double score = scale * gamma_f32(static_cast<double>(dim + 2)) * q_norm * k_norm;
  const double steps = static_cast<double>(keys + 16) + spread;
  const double relative = 2 * score + gamma_f32(2 * steps) + unit_roundoff(shape.type);
  for (size_t c = 0; c < dim; ++c) {
    double value = 0, size = 0, all = 0;
    for (size_t j = 0; j < keys; ++j) {
      const double x = v[j * pitch + c];
      value += p[j] * x;
      size += p[j] * std::fabs(x);
      all += std::fabs(x);
    }
    const double error = relative * size / sum + smallest_half_step(shape.type) * all;
    expected.want.push_back(value / sum);
    expected.bound.push_back(with_rounding(shape.type, value / sum, error));
  }
}

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
      attend(shape, q.data() + query, k.data() + at, v.data() + at, pitch,
             static_cast<size_t>(count), expected);
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
