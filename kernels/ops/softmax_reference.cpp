#include <algorithm>
#include <cmath>

#include "kernels/ops/softmax.h"

namespace npu {

Expected softmax_reference(const SoftmaxShape& shape, std::span<const double> x) {
  const size_t cols = static_cast<size_t>(shape.cols);
  Expected expected;
  for (size_t r = 0; r < static_cast<size_t>(shape.rows); ++r) {
    const std::span<const double> row = x.subspan(r * cols, cols);
    const double top = *std::max_element(row.begin(), row.end());
    const double spread = top - *std::min_element(row.begin(), row.end());
    double sum = 0;
    for (const double value : row) sum += std::exp(value - top);
    const double of_sum = spread + 3 + row_sum_depth(shape.cols);
    for (const double value : row) {
      const double want = std::exp(value - top) / sum;
      const double relative = gamma_f32(top - value + 3 + of_sum + 2);
      expected.want.push_back(want);
      expected.bound.push_back(with_rounding(shape.type, want, relative * want));
    }
  }
  return expected;
}

}  // namespace npu
