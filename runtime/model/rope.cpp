#include "runtime/model/rope.h"

#include <cmath>

namespace npu {
namespace {

// Short waves stay, waves longer than the original context are slowed by `factor`, those between
// are blended.
double scaled(double frequency, const Llama3RopeScaling& scaling) {
  constexpr double kTwoPi = 6.283185307179586476925286766559;
  const double waves = static_cast<double>(scaling.original_max_positions) * frequency / kTwoPi;
  if (waves > scaling.high_freq_factor) return frequency;
  if (waves < scaling.low_freq_factor) return frequency / scaling.factor;
  const double keep =
      (waves - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor);
  return (1 - keep) * frequency / scaling.factor + keep * frequency;
}

}  // namespace

std::vector<double> rope_frequencies(const ModelConfig& config) {
  std::vector<double> frequencies(static_cast<size_t>(config.head_dim / 2));
  for (size_t i = 0; i < frequencies.size(); ++i) {
    const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(config.head_dim);
    frequencies[i] = std::pow(config.rope_theta, -exponent);
    if (config.rope_scaling) frequencies[i] = scaled(frequencies[i], *config.rope_scaling);
  }
  return frequencies;
}

}  // namespace npu
