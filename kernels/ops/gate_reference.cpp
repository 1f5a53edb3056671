#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/ops/gate.h"

namespace npu {

namespace {

using Values = std::vector<double>;

// The scores of one token, and the largest relative error of theirs in f32.
struct Scored {
  Values scores;
  double error = 0;
};

Scored score(Scoring scoring, std::span<const double> logits) {
  Scored result{Values(logits.begin(), logits.end()), gamma_f32(8)};
  switch (scoring) {
    case Scoring::kSoftmax: {
      const auto [low, top] = std::minmax_element(logits.begin(), logits.end());
      const double largest = *top, lowest = *low;  // NOTE: clang 14 captures no structured binding
      double sum = 0;
      for (double& z : result.scores) sum += z = std::exp(z - largest);
      for (double& z : result.scores) z /= sum;
      // exp turns the rounding of its argument into a relative error.
      const double count = static_cast<double>(logits.size());
      result.error = gamma_f32(largest - lowest + row_sum_depth(static_cast<int64_t>(count)) + 6);
      break;
    }
    case Scoring::kSigmoid:
      for (double& z : result.scores) z = 1 / (1 + std::exp(-z));
      break;
    case Scoring::kSqrtSoftplus:
      for (double& z : result.scores)
        z = std::sqrt(std::max(z, 0.0) + std::log1p(std::exp(-std::fabs(z))));
      break;
  }
  return result;
}

// The indices of the `count` largest, best first, the lower index first among equals.
std::vector<size_t> largest(const Values& values, size_t count) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return values[a] > values[b]; });
  order.resize(count);
  return order;
}

// Excludes all but the best groups of consecutive experts.
void limit_groups(const GateShape& s, Values& choice) {
  const size_t size = choice.size() / static_cast<size_t>(s.groups);
  Values sums;
  for (size_t first = 0; first < choice.size(); first += size) {
    const auto begin = choice.begin() + static_cast<std::ptrdiff_t>(first);
    const Values group(begin, begin + static_cast<std::ptrdiff_t>(size));
    double sum = 0;
    for (const size_t i : largest(group, std::min<size_t>(2, size))) sum += group[i];
    sums.push_back(sum);
  }
  const std::vector<size_t> best = largest(sums, static_cast<size_t>(s.kept));
  for (size_t i = 0; i < choice.size(); ++i) {
    if (std::find(best.begin(), best.end(), i / size) == best.end()) choice[i] = -INFINITY;
  }
}

}  // namespace

std::vector<Expected> gate_reference(const GateShape& s, std::span<const double> logits,
                                     std::span<const double> bias, std::span<const double> table,
                                     std::span<const double> ids) {
  const size_t experts = static_cast<size_t>(s.experts), k = static_cast<size_t>(s.top_k);
  Expected weights, chosen;
  for (size_t t = 0; t < static_cast<size_t>(s.tokens); ++t) {
    const Scored scored = score(s.scoring, logits.subspan(t * experts, experts));
    std::vector<size_t> best;
    if (s.hashed()) {
      const size_t row = static_cast<size_t>(ids[t]) * k;
      for (size_t i = 0; i < k; ++i) best.push_back(static_cast<size_t>(table[row + i]));
    } else {
      Values choice = scored.scores;
      for (size_t e = 0; e < bias.size(); ++e) choice[e] += bias[e];
      if (s.kept < s.groups) limit_groups(s, choice);
      best = largest(choice, k);
    }
    double sum = 0;
    for (const size_t e : best) sum += scored.scores[e];
    const double factor = double{s.route_scale} / (s.normalised ? sum : 1);
    const double error = 2 * scored.error + gamma_f32(static_cast<double>(s.top_k) + 3);
    for (const size_t e : best) {
      const double weight = scored.scores[e] * factor;
      weights.want.push_back(weight);
      weights.bound.push_back(error * weight);
      chosen.want.push_back(static_cast<double>(e));
      chosen.bound.push_back(0);
    }
  }
  return {weights, chosen};
}

}  // namespace npu
