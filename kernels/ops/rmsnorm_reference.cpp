#include <cmath>

#include "kernels/ops/rmsnorm.h"

namespace npu {

Expected rmsnorm_reference(const RmsNormShape& shape, std::span<const double> x,
                           std::span<const double> weight) {
  const size_t cols = static_cast<size_t>(shape.cols);
  const double relative = gamma_f32((row_sum_depth(shape.cols) + 3) / 2 + 4);
  Expected expected;
  for (size_t r = 0; r < static_cast<size_t>(shape.rows); ++r) {
    const std::span<const double> row = x.subspan(r * cols, cols);
    double sum = 0;
    for (const double value : row) sum += value * value;
    const double scale = 1 / std::sqrt(sum / static_cast<double>(cols) + double{shape.eps});
    for (size_t c = 0; c < cols; ++c) {
      const double want = row[c] * scale * (shape.weighted ? weight[c] : 1);
      expected.want.push_back(want);
      expected.bound.push_back(with_rounding(shape.type, want, relative * std::fabs(want)));
    }
  }
  return expected;
}

}  // namespace npu
