#include <cmath>
#include <vector>

#include "kernels/ops/matmul.h"
#include "kernels/ops/weight_only_matmul.h"

namespace npu {

Expected weight_only_reference(const WeightOnlyShape& s, std::span<const double> a,
                               std::span<const double> w, std::span<const double> scale) {
  const auto n = static_cast<size_t>(s.n), k = static_cast<size_t>(s.k);
  const size_t group = s.group == 0 ? k : static_cast<size_t>(s.group);
  std::vector<double> scaled(w.begin(), w.end());
  for (size_t i = 0; i < scaled.size(); ++i) scaled[i] *= scale[i % k / group * n + i / k];
  const MatmulShape shape{
      .m = s.m, .n = s.n, .k = s.k, .b_transposed = true, .type = s.type, .out = s.out};
  Expected expected = matmul_reference(shape, a, scaled, {});
  // The share of the bound that is roundings of f32 grows by those of the weights, or by one of the
  // drain's scale.
  const double more = s.group == 0 ? gamma_f32(1) : unit_roundoff(s.type) + gamma_f32(1);
  const auto norm = [&](std::span<const double> x, size_t row) {
    double sum = 0;
    for (size_t i = 0; i < k; ++i) sum += x[row * k + i] * x[row * k + i];
    return std::sqrt(sum);
  };
  std::vector<double> w_norm(n);
  for (size_t j = 0; j < n; ++j) w_norm[j] = norm(scaled, j);
  for (size_t i = 0; i < static_cast<size_t>(s.m); ++i) {
    const double a_norm = norm(a, i);
    for (size_t j = 0; j < n; ++j) expected.bound[i * n + j] += more * a_norm * w_norm[j];
  }
  return expected;
}

}  // namespace npu
