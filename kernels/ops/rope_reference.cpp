#include <cmath>

#include "kernels/ops/rope.h"

namespace npu {

Expected rope_reference(const RopeShape& shape, std::span<const double> x,
                        std::span<const double> cos, std::span<const double> sin,
                        int64_t position) {
  const size_t half = static_cast<size_t>(shape.head_dim / 2);
  const size_t step = shape.interleaved ? 2 : 1, apart = shape.interleaved ? 1 : half;
  Expected expected{std::vector<double>(x.size()), std::vector<double>(x.size())};
  const auto put = [&](size_t at, double left, double right) {
    const double error = gamma_f32(3) * (std::fabs(left) + std::fabs(right));
    expected.want[at] = left + right;
    expected.bound[at] = with_rounding(shape.type, left + right, error);
  };
  for (size_t t = 0; t < static_cast<size_t>(shape.tokens); ++t) {
    const size_t angles = (static_cast<size_t>(position) + t) * half;
    for (size_t h = 0; h < static_cast<size_t>(shape.heads); ++h) {
      const size_t head = (t * static_cast<size_t>(shape.heads) + h) * 2 * half;
      for (size_t i = 0; i < half; ++i) {
        const size_t first = head + i * step, second = first + apart;
        const double c = cos[angles + i], s = sin[angles + i];
        put(first, x[first] * c, -x[second] * s);
        put(second, x[second] * c, x[first] * s);
      }
    }
  }
  return expected;
}

}  // namespace npu
