#include "kernels/ops/permute.h"

namespace npu {

std::vector<Expected> permute_reference(const PermuteShape& s, std::span<const double> x,
                                        std::span<const double> chosen,
                                        std::span<const double> weights) {
  const size_t pairs = static_cast<size_t>(s.pairs()), dim = static_cast<size_t>(s.dim);
  const size_t experts = static_cast<size_t>(s.experts), k = static_cast<size_t>(s.top_k);
  const auto exact = [](size_t count) {
    return Expected{std::vector<double>(count), std::vector<double>(count)};
  };
  Expected counts = exact(experts), places = exact(pairs), y = exact(pairs * dim),
           route = exact(pairs);
  for (const double e : chosen) counts.want[static_cast<size_t>(e)] += 1;
  size_t place = 0;
  for (size_t e = 0; e < experts; ++e) {
    for (size_t pair = 0; pair < pairs; ++pair) {
      if (static_cast<size_t>(chosen[pair]) != e) continue;
      places.want[pair % k * (pairs / k) + pair / k] = static_cast<double>(place);
      route.want[place] = weights[pair];
      for (size_t c = 0; c < dim; ++c) y.want[place * dim + c] = x[pair / k * dim + c];
      ++place;
    }
  }
  return {counts, places, y, route};
}

}  // namespace npu
