#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/ops/top_k.h"

namespace npu {

Expected top_k_reference(const TopKShape& shape, std::span<const double> x,
                         std::span<const double> y, int64_t count, int64_t position, int64_t base) {
  const size_t cols = static_cast<size_t>(shape.cols), width = static_cast<size_t>(shape.y_cols());
  Expected expected;
  expected.want.assign(y.begin(), y.end());
  expected.bound.resize(y.size());
  for (int64_t r = 0; r < shape.rows; ++r) {
    const int64_t seen =
        shape.ratio == 0 ? count : std::min(count, (position + r + 1) / shape.ratio);
    const double* row = x.data() + static_cast<size_t>(r) * cols;
    std::vector<size_t> order;
    for (size_t c = 0; c < static_cast<size_t>(seen); ++c) {
      if (row[c] != -HUGE_VAL) order.push_back(c);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return row[a] > row[b]; });
    double* to =
        expected.want.data() + static_cast<size_t>(r) * width + static_cast<size_t>(shape.column);
    for (size_t i = 0; i < static_cast<size_t>(shape.k); ++i) {
      to[i] = i < order.size() ? static_cast<double>(order[i]) + static_cast<double>(base) : -1;
    }
  }
  return expected;
}

}  // namespace npu
