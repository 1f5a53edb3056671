#include <algorithm>
#include <cmath>

#include "kernels/ops/indexer.h"

namespace npu {

Expected indexer_reference(const IndexerShape& shape, std::span<const double> q,
                           std::span<const double> k, std::span<const double> weight,
                           std::span<const double> score, int64_t entries) {
  const size_t dim = static_cast<size_t>(shape.head_dim), heads = static_cast<size_t>(shape.heads),
               capacity = static_cast<size_t>(shape.capacity);
  Expected expected;
  expected.want.assign(score.begin(), score.end());
  expected.bound.resize(score.size());
  for (size_t t = 0; t < static_cast<size_t>(shape.tokens); ++t) {
    for (size_t i = 0; i < static_cast<size_t>(entries); ++i) {
      double sum = 0, size = 0, products = 0;
      for (size_t h = 0; h < heads; ++h) {
        double product = 0, magnitude = 0;
        for (size_t c = 0; c < dim; ++c) {
          const double term = q[(t * heads + h) * dim + c] * k[i * dim + c];
          product += term;
          magnitude += std::fabs(term);
        }
        const double w = weight[t * heads + h];
        sum += w * std::max(0.0, product);
        size += std::fabs(w) * std::max(0.0, product);
        products += std::fabs(w) * magnitude;
      }
      const double roundings = row_sum_depth(shape.heads) + 1;
      expected.want[t * capacity + i] = sum;
      expected.bound[t * capacity + i] =
          with_rounding(Type::kF32, sum,
                        gamma_f32(static_cast<double>(dim)) * products +
                            gamma_f32(roundings) * (size + products));
    }
  }
  return expected;
}

}  // namespace npu
