// Carries out the steps of a model on a device, launch by launch, with weights
// and caches that stay in GM from step to step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "isa/fault.h"
#include "runtime/device/device.h"
#include "runtime/schedule/program_cache.h"
#include "runtime/schedule/step.h"
#include "sim/config/launch.h"

namespace npu {

// What one forward pass gave. Without `fault` and `interrupted` the rest is
// complete.
struct ForwardResult {
  int next = 0;               // the greedy choice after the last token
  std::vector<float> logits;  // (vocab) of the last token
  uint64_t cycles = 0;        // of all launches of the pass
  uint64_t launches = 0;
  LaunchSeconds starts;  // of all launches; not in `cycles`
  std::optional<Fault> fault;
  bool interrupted = false;
};

class StepRunner {
 public:
  explicit StepRunner(Device& device) : device_(device), programs_(device.limits()) {}

  // The memory of a tensor: that of an earlier step, if it is large enough,
  // else new zeros.
  Buffer buffer(const TensorSpec& spec);
  // Fills a tensor with as many values, converted to its type.
  void upload(const TensorSpec& spec, std::span<const float> values);
  void upload(const TensorSpec& spec, std::span<const int32_t> values);
  // Fills a tensor with its bytes.
  void upload(const TensorSpec& spec, std::span<const std::byte> bytes);
  // Every element of a tensor of floats, or of integers of magnitude up to 2^24.
  std::vector<float> read(const TensorSpec& spec);

  // Launches all operators in turn, then reads "next" and "logits", of one
  // sequence.
  ForwardResult run(const Step& step);
  // Launches some of a step's operators in turn; next and logits stay empty.
  ForwardResult launch(const Step& step, std::span<const StepOperator> operators);

 private:
  Argument argument(const Step& step, const StepArgument& from);

  Device& device_;
  ProgramCache programs_;
  std::map<std::string, Buffer> buffers_;  // by tensor name
};

}  // namespace npu
