#include <cmath>

#include "kernels/ops/layernorm.h"

namespace npu {

Expected layernorm_reference(const LayerNormShape& s, std::span<const double> x,
                             std::span<const double> weight, std::span<const double> bias) {
  const size_t cols = static_cast<size_t>(s.cols);
  const double count = static_cast<double>(s.cols),
               sum_error = gamma_f32(row_sum_depth(s.cols) + 2);
  Expected expected;
  for (size_t r = 0; r < static_cast<size_t>(s.rows); ++r) {
    const std::span<const double> row = x.subspan(r * cols, cols);
    double sum = 0, magnitude = 0, square = 0;
    for (const double value : row) {
      sum += value;
      magnitude += std::fabs(value);
    }
    const double mean = sum / count, mean_error = sum_error * magnitude / count;
    for (const double value : row) square += (value - mean) * (value - mean);
    const double scale = 1 / std::sqrt(square / count + double{s.eps});
    // A mean that is off changes the variance by its square and all deviations alike; each
    // deviation is rounded once, which the sum of squares sees.
    const double scale_error = sum_error / 2 + mean_error * scale + gamma_f32(6);
    for (size_t c = 0; c < cols; ++c) {
      const double deviation = (row[c] - mean) * scale, want = deviation * weight[c] + bias[c];
      const double error =
          std::fabs(weight[c]) * (mean_error * scale + scale_error * std::fabs(deviation)) +
          gamma_f32(2) * (std::fabs(want) + std::fabs(bias[c]));
      expected.want.push_back(want);
      expected.bound.push_back(with_rounding(s.type, want, error));
    }
  }
  return expected;
}

}  // namespace npu
