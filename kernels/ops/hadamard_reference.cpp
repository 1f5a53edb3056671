#include <bit>
#include <cmath>

#include "kernels/ops/hadamard.h"

namespace npu {

Expected hadamard_reference(const HadamardShape& shape, std::span<const double> x) {
  const size_t cols = static_cast<size_t>(shape.cols);
  const double scale = 1 / std::sqrt(static_cast<double>(cols));
  const double steps = std::log2(static_cast<double>(cols)) + 2;
  Expected expected;
  for (size_t r = 0; r < static_cast<size_t>(shape.rows); ++r) {
    for (size_t j = 0; j < cols; ++j) {
      double sum = 0, size = 0;
      for (size_t i = 0; i < cols; ++i) {
        const double term = x[r * cols + i];
        sum += std::popcount(i & j) % 2 == 0 ? term : -term;
        size += std::fabs(term);
      }
      const double error = gamma_f32(steps) * size * scale;
      expected.want.push_back(sum * scale);
      expected.bound.push_back(with_rounding(shape.type, sum * scale, error));
    }
  }
  return expected;
}

}  // namespace npu
