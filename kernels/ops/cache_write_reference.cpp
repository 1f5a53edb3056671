#include <algorithm>

#include "kernels/ops/cache_write.h"

namespace npu {

Expected cache_write_reference(const CacheWriteShape& shape, std::span<const double> x,
                               std::span<const double> places, std::span<const double> cache) {
  const size_t cols = static_cast<size_t>(shape.cols);
  Expected expected;
  expected.want.assign(cache.begin(), cache.end());
  for (size_t i = 0; i < places.size(); ++i) {
    const std::span<const double> row = x.subspan(i * cols, cols);
    std::copy(
        row.begin(), row.end(),
        expected.want.begin() + static_cast<ptrdiff_t>(static_cast<size_t>(places[i]) * cols));
  }
  expected.bound.resize(expected.want.size());
  return expected;
}

}  // namespace npu
