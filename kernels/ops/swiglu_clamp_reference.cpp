#include <algorithm>
#include <cmath>

#include "kernels/ops/swiglu_clamp.h"

namespace npu {

Expected swiglu_clamp_reference(const SwigluClampShape& s, std::span<const double> gate,
                                std::span<const double> up, std::span<const double> route) {
  const double alpha = s.pairs ? 1.702 : 1;
  const size_t cols = static_cast<size_t>(s.cols);
  Expected expected;
  for (size_t i = 0; i < gate.size(); ++i) {
    double g = gate[i], u = up[i];
    if (s.limit > 0) {
      g = std::min(g, double{s.limit});
      u = std::clamp(u, -double{s.limit}, double{s.limit});
    }
    if (s.pairs) u += 1;
    const double weight = s.route ? route[i / cols] : 1;
    const double want = weight * g / (1 + std::exp(-alpha * g)) * u;
    const double error = gamma_f32(9 + std::fabs(alpha * g)) * std::fabs(want);
    expected.want.push_back(want);
    expected.bound.push_back(with_rounding(s.type, want, error));
  }
  return expected;
}

}  // namespace npu
