// Runs a DeepSeek-V4 model on a device: the steps of v4_step. Every operator of
// every layer is a kernel; the host uploads token ids and where the window
// lies, and reads back the next id.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/device/device.h"
#include "runtime/model/v4_weights.h"
#include "runtime/schedule/step_runner.h"
#include "runtime/schedule/v4_step.h"

namespace npu {

class V4Runner {
 public:
  // Uploads the weights and makes caches of `capacity` tokens. The weights are
  // not needed after. Throws InputError for a model that the machine's kernels
  // or its memory cannot take, or whose weights are not stored as the native
  // arithmetic asks.
  V4Runner(Device& device, const V4Weights& weights, int64_t capacity,
           V4Arithmetic arithmetic = V4Arithmetic::kF32);

  // Runs `tokens` through the model behind those before, at most kMost at once.
  // Throws InputError past the capacity.
  ForwardResult forward(std::span<const int> tokens);

  int64_t position() const { return past_; }

 private:
  static constexpr int64_t kMost = 32;  // tokens of a step

  V4StepShape shape(int64_t tokens) const;
  ForwardResult forward_some(std::span<const int> tokens);

  StepRunner runner_;
  V4Config config_;
  int64_t capacity_;
  V4Arithmetic arithmetic_;
  int64_t past_ = 0;
};

}  // namespace npu
