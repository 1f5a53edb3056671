#include <algorithm>
#include <cmath>

#include "kernels/ops/rope.h"

namespace npu {

Expected rope_reference(const RopeShape& shape, std::span<const double> x,
                        std::span<const double> cos, std::span<const double> sin,
                        int64_t position) {
  const size_t half = static_cast<size_t>(shape.half());
  const size_t step = shape.interleaved ? 2 : 1, apart = shape.interleaved ? 1 : half;
  const double direction = shape.inverse ? -1 : 1;
  Expected expected{{x.begin(), x.end()}, std::vector<double>(x.size())};  // what does not turn
  const auto put = [&](size_t at, double left, double right) {
    const double error = gamma_f32(3) * (std::fabs(left) + std::fabs(right));
    expected.want[at] = left + right;
    expected.bound[at] = with_rounding(shape.type, left + right, error);
  };
  for (size_t t = 0; t < static_cast<size_t>(shape.tokens); ++t) {
    const size_t angles = (static_cast<size_t>(position) + t) * half;
    for (size_t h = 0; h < static_cast<size_t>(shape.heads); ++h) {
      const size_t end =
          (t * static_cast<size_t>(shape.heads) + h + 1) * static_cast<size_t>(shape.head_dim);
      for (size_t i = 0; i < half; ++i) {
        const size_t first = end - 2 * half + i * step, second = first + apart;
        const double c = cos[angles + i], s = direction * sin[angles + i];
        put(first, x[first] * c, -x[second] * s);
        put(second, x[second] * c, x[first] * s);
      }
    }
  }
  return expected;
}

std::vector<double> rope_frequencies(int64_t dim, double theta, const std::optional<Yarn>& yarn) {
  const double width = static_cast<double>(dim);
  double low = 0, high = 0;
  if (yarn) {
    constexpr double kTurn = 6.283185307179586477;
    // The pair that turns so often within the original context.
    const auto pair_of = [&](double turns) {
      return width * std::log(yarn->original_positions / (kTurn * turns)) / (2 * std::log(theta));
    };
    low = pair_of(yarn->beta_fast);
    high = pair_of(yarn->beta_slow);
    if (yarn->truncate) {
      low = std::max(std::floor(low), 0.0);
      high = std::min(std::ceil(high), width - 1);
    }
    if (high == low) high += 0.001;  // a step instead of a ramp
  }
  std::vector<double> frequencies;
  for (int64_t i = 0; i < dim / 2; ++i) {
    const double pair = static_cast<double>(i);
    const double frequency = std::pow(theta, -2 * pair / width);
    const double slow = yarn ? std::clamp((pair - low) / (high - low), 0.0, 1.0) : 0.0;
    frequencies.push_back(frequency * (1 - slow) + (yarn ? frequency / yarn->factor * slow : 0));
  }
  return frequencies;
}

}  // namespace npu
