#include "runtime/schedule/v4_runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/errors.h"
#include "runtime/schedule/v4_upload.h"

namespace npu {

V4Runner::V4Runner(Device& device, const V4Weights& weights, int64_t capacity,
                   V4Arithmetic arithmetic)
    : runner_(device), config_(weights.config), capacity_(capacity), arithmetic_(arithmetic) {
  const V4StepShape one = shape(1);
  upload_v4_weights(runner_, v4_step(config_, one), one, weights);
}

V4StepShape V4Runner::shape(int64_t tokens) const {
  return {.tokens = tokens,
          .past = past_,
          .capacity = capacity_,
          .most = kMost,
          .arithmetic = arithmetic_};
}

ForwardResult V4Runner::forward_some(std::span<const int> tokens) {
  const V4StepShape now = shape(static_cast<int64_t>(tokens.size()));
  const Step step = v4_step(config_, now);
  upload_v4_tokens(runner_, step, now, config_, tokens);
  ForwardResult result = runner_.run(step);
  if (!result.fault && !result.interrupted) past_ += now.tokens;
  return result;
}

ForwardResult V4Runner::forward(std::span<const int> tokens) {
  const auto count = static_cast<int64_t>(tokens.size());
  if (past_ + count > capacity_) {
    throw InputError(fmt::format("{} tokens: the cache was made for {}", past_ + count, capacity_));
  }
  ForwardResult result;
  uint64_t cycles = 0, launches = 0;
  LaunchSeconds starts;
  for (size_t begin = 0; begin < tokens.size(); begin += static_cast<size_t>(kMost)) {
    const size_t some = std::min(tokens.size() - begin, static_cast<size_t>(kMost));
    result = forward_some(tokens.subspan(begin, some));
    cycles += result.cycles;
    launches += result.launches;
    starts.add(result.starts);
    if (result.fault || result.interrupted) break;
  }
  result.cycles = cycles;
  result.launches = launches;
  result.starts = starts;
  return result;
}

}  // namespace npu
