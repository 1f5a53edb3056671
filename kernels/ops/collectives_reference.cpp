#include <cmath>

#include "kernels/ops/collectives.h"

namespace npu {

Expected sum_reference(const CollectiveShape& s, std::span<const double> x, int roundings) {
  Expected expected;
  for (size_t i = 0; i < static_cast<size_t>(s.count); ++i) {
    double want = 0, magnitude = 0;
    for (size_t chip = 0; chip < static_cast<size_t>(s.chips); ++chip) {
      const double value = x[chip * static_cast<size_t>(s.count) + i];
      want += value;
      magnitude += std::fabs(value);
    }
    // A partial sum is no larger than the sum of the magnitudes, nor is its rounding.
    const double rounding = with_rounding(s.type, magnitude, 0);
    expected.want.push_back(want);
    expected.bound.push_back(with_rounding(
        s.type, want, gamma_f32(static_cast<int>(s.chips)) * magnitude + roundings * rounding));
  }
  return expected;
}

}  // namespace npu
