#include <cmath>

#include "kernels/ops/matmul.h"
#include "kernels/ops/matmul_all_reduce.h"

namespace npu {

Expected matmul_all_reduce_reference(const MatmulAllReduceShape& s, std::span<const double> a,
                                     std::span<const double> b) {
  const MatmulShape product{
      .m = s.m, .n = s.n, .k = s.k, .b_transposed = true, .type = s.type, .out = s.type};
  const auto a_size = static_cast<size_t>(s.m * s.k), b_size = static_cast<size_t>(s.n * s.k);
  Expected sum;
  sum.want.resize(static_cast<size_t>(s.m * s.n));
  sum.bound.resize(sum.want.size());
  std::vector<double> magnitude(sum.want.size());
  for (size_t chip = 0; chip < static_cast<size_t>(s.chips); ++chip) {
    const Expected part = matmul_reference(product, a.subspan(chip * a_size, a_size),
                                           b.subspan(chip * b_size, b_size), {});
    for (size_t i = 0; i < sum.want.size(); ++i) {
      sum.want[i] += part.want[i];
      sum.bound[i] += part.bound[i];
      magnitude[i] += std::fabs(part.want[i]) + part.bound[i];
    }
  }
  const double gamma = gamma_f32(static_cast<double>(s.chips));
  for (size_t i = 0; i < sum.want.size(); ++i) {
    sum.bound[i] = with_rounding(s.type, sum.want[i], sum.bound[i] + gamma * magnitude[i]);
  }
  return sum;
}

}  // namespace npu
