#include <cmath>

#include "kernels/ops/combine.h"

namespace npu {

Expected combine_reference(const CombineShape& s, std::span<const double> x,
                           std::span<const double> places, std::span<const double> weights,
                           std::span<const double> shared) {
  const size_t k = static_cast<size_t>(s.top_k), dim = static_cast<size_t>(s.dim);
  Expected expected;
  for (size_t t = 0; t < static_cast<size_t>(s.tokens); ++t) {
    for (size_t c = 0; c < dim; ++c) {
      double sum = s.shared ? shared[t * dim + c] : 0, magnitude = std::fabs(sum);
      for (size_t i = 0; i < k; ++i) {
        const size_t row = static_cast<size_t>(places[i * static_cast<size_t>(s.tokens) + t]);
        const double value = x[row * dim + c];
        const double part = s.weighted ? weights[t * k + i] * value : value;
        sum += part;
        magnitude += std::fabs(part);
      }
      const double error = gamma_f32(static_cast<double>(s.top_k) + 1) * magnitude;
      expected.want.push_back(sum);
      expected.bound.push_back(with_rounding(s.type, sum, error));
    }
  }
  return expected;
}

}  // namespace npu
