#include <algorithm>

#include "kernels/ops/argmax.h"

namespace npu {

Expected argmax_reference(const ArgmaxShape& shape, std::span<const double> x) {
  const size_t cols = static_cast<size_t>(shape.cols);
  Expected expected;
  for (size_t r = 0; r < static_cast<size_t>(shape.rows); ++r) {
    const std::span<const double> row = x.subspan(r * cols, cols);
    const auto best = std::max_element(row.begin(), row.end()) - row.begin();
    expected.want.push_back(static_cast<double>(best));
  }
  expected.bound.resize(expected.want.size());
  return expected;
}

}  // namespace npu
