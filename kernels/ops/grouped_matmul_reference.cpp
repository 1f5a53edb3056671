#include "kernels/ops/grouped_matmul.h"
#include "kernels/ops/matmul.h"

namespace npu {

Expected grouped_matmul_reference(const GroupedShape& s, std::span<const double> x,
                                  std::span<const double> w, std::span<const double> counts) {
  Expected all;
  const size_t n = static_cast<size_t>(s.n), k = static_cast<size_t>(s.k);
  size_t first = 0;
  for (size_t e = 0; e < counts.size(); ++e) {
    const size_t count = static_cast<size_t>(counts[e]);
    MatmulShape one;
    one.m = static_cast<int64_t>(count);
    one.n = s.n;
    one.k = s.k;
    one.b_transposed = true;
    one.type = s.type;
    one.out = s.out;
    const Expected part =
        matmul_reference(one, x.subspan(first * k, count * k), w.subspan(e * n * k, n * k), {});
    all.want.insert(all.want.end(), part.want.begin(), part.want.end());
    all.bound.insert(all.bound.end(), part.bound.begin(), part.bound.end());
    first += count;
  }
  return all;
}

}  // namespace npu
