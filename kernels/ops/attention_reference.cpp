#include "kernels/ops/attention_reference.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <vector>

#include "kernels/ops/attention.h"

namespace npu {

namespace {

double dot(const double* a, const double* b, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

// Products of a query with keys, and of the keys with themselves, several at once: each is one sum
// in ascending order, and the host adds to all of them in turn.
struct Products {
  static constexpr size_t kTogether = 4;
  std::array<double, kTogether> query{}, self{};

  Products(const double* q, const double* const* keys, size_t count, size_t dim) {
    std::array<const double*, kTogether> key;
    for (size_t j = 0; j < kTogether; ++j) key[j] = keys[std::min(j, count - 1)];
    for (size_t i = 0; i < dim; ++i) {
      for (size_t j = 0; j < kTogether; ++j) {
        query[j] += q[i] * key[j][i];
        self[j] += key[j][i] * key[j][i];
      }
    }
  }
};

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
  for (size_t first = 0; first < keys.size(); first += Products::kTogether) {
    const size_t count = std::min(Products::kTogether, keys.size() - first);
    const Products products(q, keys.data() + first, count, dim);
    for (size_t j = 0; j < count; ++j) {
      p.push_back(products.query[j] * scale);
      top = std::max(top, p.back());
      k_norm = std::max(k_norm, std::sqrt(products.self[j]));
    }
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
  std::vector<double> value(channels), size(channels), all(channels);
  for (size_t j = 0; j < p.size(); ++j) {
    for (size_t c = 0; c < channels; ++c) {
      const double x = values[j][c];
      value[c] += p[j] * x;
      size[c] += p[j] * std::fabs(x);
      all[c] += std::fabs(x);
    }
  }
  const double whole = p.empty() ? 1 : sum;
  for (size_t c = 0; c < channels; ++c) {
    const double error = relative * size[c] / whole + smallest_half_step(shape.type) * all[c];
    expected.want.push_back(value[c] / whole);
    expected.bound.push_back(with_rounding(shape.type, value[c] / whole, error));
  }
}

}  // namespace detail

namespace {

using Row = std::function<const double*(int64_t row, int64_t head)>;

// Query rows [query, query + count) over the cache's rows from `key` on, `past` of them before.
void attend_sequence(const AttentionShape& shape, std::span<const double> q, const Row& key,
                     const Row& value, int64_t query, int64_t count, int64_t first, int64_t past,
                     std::span<const double> sinks, Expected& expected) {
  for (int64_t t = 0; t < count; ++t) {
    const int64_t newest = past + t;
    const int64_t oldest = shape.window == 0 ? 0 : std::max<int64_t>(0, newest - shape.window + 1);
    for (int64_t h = 0; h < shape.heads; ++h) {
      std::vector<const double*> keys, values;
      for (int64_t j = oldest; j <= newest; ++j) {
        keys.push_back(key(first + j, h));
        values.push_back(value(first + j, h));
      }
      const auto sink =
          sinks.empty() ? std::nullopt : std::optional<double>(sinks[static_cast<size_t>(h)]);
      const auto at = static_cast<size_t>(((query + t) * shape.heads + h) * shape.head_dim);
      detail::attend_reference(shape, q.data() + at, keys, values, sink, expected);
    }
  }
}

Expected prefill(const AttentionShape& shape, std::span<const double> q, const Row& key,
                 const Row& value, const PrefillArguments& given) {
  Expected expected;
  if (shape.sequences == 0) {
    attend_sequence(shape, q, key, value, 0, shape.tokens, 0, given.past, given.sinks, expected);
  }
  for (size_t s = 0; s < static_cast<size_t>(shape.sequences); ++s) {
    const auto query = static_cast<int64_t>(given.q_starts[s]),
               first = static_cast<int64_t>(given.k_starts[s]),
               count = static_cast<int64_t>(given.q_starts[s + 1]) - query,
               keys = static_cast<int64_t>(given.k_starts[s + 1]) - first;
    attend_sequence(shape, q, key, value, query, count, first, keys - count, given.sinks, expected);
  }
  return expected;
}

// Rows of a cache of kv_heads heads of `channels`.
Row rows_of(const AttentionShape& shape, std::span<const double> cache, int64_t channels) {
  return [=, &shape](int64_t row, int64_t head) {
    return cache.data() + (row * shape.kv_heads + head / shape.group()) * channels;
  };
}

// One query a sequence: `row(s, j)` is where its j-th key lies.
template <class At>
Expected decode(const AttentionShape& shape, std::span<const double> q, const Row& key,
                const Row& value, const std::vector<int64_t>& lengths, At at) {
  Expected expected;
  for (int64_t s = 0; s < shape.tokens; ++s) {
    for (int64_t h = 0; h < shape.heads; ++h) {
      std::vector<const double*> keys, values;
      for (int64_t j = 0; j < lengths[static_cast<size_t>(s)]; ++j) {
        keys.push_back(key(at(s, j), h));
        values.push_back(value(at(s, j), h));
      }
      const auto query = static_cast<size_t>((s * shape.heads + h) * shape.head_dim);
      detail::attend_reference(shape, q.data() + query, keys, values, std::nullopt, expected);
    }
  }
  return expected;
}

std::vector<int64_t> alike(const AttentionShape& shape, int64_t keys) {
  return std::vector<int64_t>(static_cast<size_t>(shape.tokens), keys);
}

}  // namespace

Expected flash_attention_reference(const AttentionShape& shape, std::span<const double> q,
                                   std::span<const double> k, std::span<const double> v,
                                   const PrefillArguments& arguments) {
  return prefill(shape, q, rows_of(shape, k, shape.head_dim), rows_of(shape, v, shape.head_dim),
                 arguments);
}

Expected mla_prefill_reference(const AttentionShape& shape, std::span<const double> q,
                               std::span<const double> kv, std::span<const double> k_pe,
                               const PrefillArguments& arguments) {
  const int64_t own = shape.head_dim - shape.rope_dim, pair = own + shape.values();
  std::vector<double> keys;  // whole, of every row and head
  for (int64_t r = 0; r < shape.capacity; ++r) {
    for (int64_t h = 0; h < shape.heads; ++h) {
      const double* mine = kv.data() + (r * shape.heads + h) * pair;
      const double* common = k_pe.data() + r * shape.rope_dim;
      keys.insert(keys.end(), mine, mine + own);
      keys.insert(keys.end(), common, common + shape.rope_dim);
    }
  }
  const auto value = [&](int64_t row, int64_t head) {
    return kv.data() + (row * shape.heads + head) * pair + own;
  };
  return prefill(shape, q, rows_of(shape, keys, shape.head_dim), value, arguments);
}

Expected decode_attention_reference(const AttentionShape& shape, std::span<const double> q,
                                    std::span<const double> k, std::span<const double> v,
                                    int64_t keys) {
  return decode(shape, q, rows_of(shape, k, shape.head_dim), rows_of(shape, v, shape.head_dim),
                alike(shape, keys), [&](int64_t s, int64_t j) { return s * shape.capacity + j; });
}

Expected paged_attention_reference(const AttentionShape& shape, std::span<const double> q,
                                   std::span<const double> k, std::span<const double> v,
                                   std::span<const double> tables,
                                   std::span<const double> lengths) {
  const int64_t width = (shape.capacity + shape.page - 1) / shape.page;
  const auto at = [&](int64_t s, int64_t j) {
    const double page = tables[static_cast<size_t>(s * width + j / shape.page)];
    return static_cast<int64_t>(page) * shape.page + j % shape.page;
  };
  return decode(shape, q, rows_of(shape, k, shape.head_dim), rows_of(shape, v, shape.head_dim),
                {lengths.begin(), lengths.end()}, at);
}

Expected mla_decode_reference(const AttentionShape& shape, std::span<const double> q,
                              std::span<const double> cache, int64_t keys) {
  const auto row = [&](int64_t r, int64_t) { return cache.data() + r * shape.head_dim; };
  return decode(shape, q, row, row, alike(shape, keys),
                [&](int64_t s, int64_t j) { return s * shape.capacity + j; });
}

}  // namespace npu
