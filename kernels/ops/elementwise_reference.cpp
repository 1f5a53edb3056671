#include <cmath>

#include "kernels/ops/elementwise.h"

namespace npu {

Expected residual_add_reference(const ElementwiseShape& shape, std::span<const double> a,
                                std::span<const double> b) {
  Expected expected;
  for (size_t i = 0; i < static_cast<size_t>(shape.count); ++i) {
    const double want = a[i] + b[i];
    expected.want.push_back(want);
    expected.bound.push_back(with_rounding(shape.type, want, gamma_f32(1) * std::fabs(want)));
  }
  return expected;
}

Expected swiglu_reference(const ElementwiseShape& shape, std::span<const double> gate,
                          std::span<const double> up) {
  Expected expected;
  for (size_t i = 0; i < static_cast<size_t>(shape.count); ++i) {
    const double want = gate[i] / (1 + std::exp(-gate[i])) * up[i];
    expected.want.push_back(want);
    expected.bound.push_back(with_rounding(shape.type, want, gamma_f32(6) * std::fabs(want)));
  }
  return expected;
}

}  // namespace npu
