// Runs a dense transformer on a device: the steps of dense_step, launch by
// launch, with weights and caches that stay in GM. Every operator of every
// layer is a kernel; the host only uploads token ids and reads back the next
// one.
#pragma once

#include <cstdint>
#include <span>

#include "runtime/device/device.h"
#include "runtime/model/weights.h"
#include "runtime/schedule/dense_step.h"
#include "runtime/schedule/step_runner.h"

namespace npu {

class DenseRunner {
 public:
  using Result = ForwardResult;

  // Uploads the weights, converted to `type`, and makes caches of `capacity`
  // tokens. The weights are not needed after. Throws InputError for a model
  // that the machine's kernels or its memory cannot take.
  DenseRunner(Device& device, const DenseWeights& weights, Type type, int64_t capacity);

  // Runs `tokens` through the model behind those before, all at once. Throws
  // InputError past the capacity.
  Result forward(std::span<const int> tokens);

  int64_t position() const { return past_; }

 private:
  void upload_weights(const DenseWeights& weights);

  StepRunner runner_;
  ModelConfig model_;
  Type type_;
  int64_t capacity_;
  int64_t past_ = 0;
};

}  // namespace npu
