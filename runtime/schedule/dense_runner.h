// Runs a dense transformer on a device: the steps of dense_step, launch by launch, with weights and
// caches that stay in GM. Every operator of every layer is a kernel; the host only uploads token
// ids and reads back the next one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "isa/fault.h"
#include "runtime/device/device.h"
#include "runtime/model/weights.h"
#include "runtime/schedule/dense_step.h"
#include "runtime/schedule/program_cache.h"

namespace npu {

class DenseRunner {
 public:
  // What one forward pass gave. Without `fault` and `interrupted` the rest is complete.
  struct Result {
    int next = 0;               // the greedy choice after the last token
    std::vector<float> logits;  // (vocab) of the last token
    uint64_t cycles = 0;        // of all launches of the pass
    uint64_t launches = 0;
    std::optional<Fault> fault;
    bool interrupted = false;
  };

  // Uploads the weights, converted to `type`, and makes caches of `capacity` tokens. The weights
  // are not needed after. Throws InputError for a model that the machine's kernels or its memory
  // cannot take.
  DenseRunner(Device& device, const DenseWeights& weights, Type type, int64_t capacity);

  // Runs `tokens` through the model behind those before, all at once. Throws InputError past the
  // capacity.
  Result forward(std::span<const int> tokens);

  int64_t position() const { return past_; }

 private:
  Buffer buffer(const TensorSpec& spec);
  void upload(const TensorSpec& spec, std::span<const float> values);
  void upload_weights(const DenseWeights& weights);
  Argument argument(const Step& step, const StepArgument& from);

  Device& device_;
  ModelConfig model_;
  Type type_;
  int64_t capacity_;
  int64_t past_ = 0;
  ProgramCache programs_;
  std::map<std::string, Buffer> buffers_;  // by tensor name
};

}  // namespace npu
