#include <vector>

#include "kernels/ops/batched_matmul.h"
#include "kernels/ops/matmul.h"

namespace npu {

namespace {

MatmulShape one_of(const BatchedMatmulShape& s) {
  return {
      .m = s.m, .n = s.n, .k = s.k, .b_transposed = s.b_transposed, .type = s.type, .out = s.out};
}

}  // namespace

Expected batched_matmul_reference(const BatchedMatmulShape& s, std::span<const double> a,
                                  std::span<const double> b) {
  const auto a_size = static_cast<size_t>(s.m * s.k), b_size = static_cast<size_t>(s.k * s.n);
  Expected all;
  for (size_t i = 0; i < static_cast<size_t>(s.batch); ++i) {
    const Expected one = matmul_reference(one_of(s), a.subspan(i * a_size, a_size),
                                          b.subspan(i * b_size, b_size), {});
    all.want.insert(all.want.end(), one.want.begin(), one.want.end());
    all.bound.insert(all.bound.end(), one.bound.begin(), one.bound.end());
  }
  return all;
}

Expected grouped_o_proj_reference(const BatchedMatmulShape& s, std::span<const double> x,
                                  std::span<const double> w) {
  const auto groups = static_cast<size_t>(s.batch), m = static_cast<size_t>(s.m),
             n = static_cast<size_t>(s.n), k = static_cast<size_t>(s.k);
  Expected all;
  all.want.resize(m * groups * n);
  all.bound.resize(m * groups * n);
  for (size_t g = 0; g < groups; ++g) {
    std::vector<double> part(m * k);
    for (size_t i = 0; i < m * k; ++i) part[i] = x[(i / k * groups + g) * k + i % k];
    const Expected one = matmul_reference(one_of(s), part, w.subspan(g * n * k, n * k), {});
    for (size_t i = 0; i < m * n; ++i) {
      const size_t at = (i / n * groups + g) * n + i % n;
      all.want[at] = one.want[i];
      all.bound[at] = one.bound[i];
    }
  }
  return all;
}

}  // namespace npu
