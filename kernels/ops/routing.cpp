#include "kernels/ops/routing.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/errors.h"

namespace npu::detail {

namespace {

// The chance of each expert, summed up.
std::vector<double> chances(int64_t experts, int64_t top_k, LoadShape load) {
  std::vector<double> sums;
  double sum = 0;
  for (int64_t e = 0; e < experts; ++e) {
    constexpr double kSure = 1e6;
    const bool sure = load == LoadShape::kHot ? e == experts / 2 : e < top_k;
    if (load == LoadShape::kEven) sum += 1;
    if (load == LoadShape::kPower) sum += 1 / static_cast<double>(e + 1);
    if (load == LoadShape::kHot) sum += sure ? kSure : 1;
    if (load == LoadShape::kFew) sum += sure ? 1 : 0;
    sums.push_back(sum);
  }
  return sums;
}

}  // namespace

LoadShape load_shape(const Options& options) {
  const std::string& text = options.text("load");
  if (text == "even") return LoadShape::kEven;
  if (text == "power") return LoadShape::kPower;
  if (text == "hot") return LoadShape::kHot;
  if (text == "few") return LoadShape::kFew;
  throw InputError("load is " + text + "; it must be even, power, hot or few");
}

OptionSpec load_option() {
  return {"load", "even", "of the experts: even, power (1 / rank), hot (one in all tokens), few"};
}

Routing make_routing(int64_t tokens, int64_t experts, int64_t top_k, LoadShape load,
                     uint64_t seed) {
  Routing routing{zero_tensor(Type::kI32, {tokens, top_k}), zero_tensor(Type::kI32, {experts}),
                  zero_tensor(Type::kI32, {top_k, tokens})};
  const std::vector<double> sums = chances(experts, top_k, load);
  // A long enough list of numbers in [0, 1); an expert that is taken already draws the next one.
  constexpr int64_t kDraws = 1 << 16;
  const std::vector<double> draws = values_of(random_tensor(Type::kF32, {kDraws}, seed, 0, 1));
  size_t next = 0;
  std::vector<std::vector<int64_t>> pairs(static_cast<size_t>(experts));
  for (int64_t t = 0; t < tokens; ++t) {
    std::vector<int64_t> taken;
    for (int64_t i = 0; i < top_k; ++i) {
      const double at = draws[next++ % draws.size()] * sums.back();
      int64_t e = std::upper_bound(sums.begin(), sums.end(), at) - sums.begin();
      while (e >= experts || std::find(taken.begin(), taken.end(), e) != taken.end())
        e = (e + 1) % experts;
      taken.push_back(e);
      routing.chosen.set(t * top_k + i, static_cast<double>(e));
      pairs[static_cast<size_t>(e)].push_back(t * top_k + i);
    }
  }
  int64_t place = 0;
  for (int64_t e = 0; e < experts; ++e) {
    routing.counts.set(e, static_cast<double>(pairs[static_cast<size_t>(e)].size()));
    for (const int64_t pair : pairs[static_cast<size_t>(e)])
      routing.places.set(pair % top_k * tokens + pair / top_k, static_cast<double>(place++));
  }
  return routing;
}

}  // namespace npu::detail
