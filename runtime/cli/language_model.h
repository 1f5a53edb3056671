// What npu generate runs: a language model of any architecture that it knows, on a device and as a
// double-precision reference on the host.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "runtime/cli/launch_option.h"
#include "runtime/device/device.h"
#include "runtime/schedule/step_runner.h"

namespace npu {

struct GenerateOptions {
  std::string weights, model, tokenizer, prompt;
  bool generated = false;
  uint64_t seed = 1;
  int64_t tokens = 64;
  bool ids = false, check = false, functional_only = false;
  std::string machine = "base";
  std::shared_ptr<LaunchOption> launch;
  std::string type = "fp32";  // or native
  std::string reference;      // weights that --check computes with; empty: the same
};

using Forward = std::function<ForwardResult(std::span<const int>)>;

// What generating needs of a model, whatever its architecture.
struct LanguageModel {
  int64_t vocab = 0, positions = 0;
  std::vector<int> ends;  // ids that end the text
  std::string tokenizer;  // path; empty: none
  // The model on a device, with room for as many tokens.
  std::function<Forward(Device& device, int64_t capacity)> start;
  // The logits of the double-precision model on the host after each of the ids.
  std::function<std::vector<std::vector<double>>(std::span<const int> ids)> reference;
};

// --model, --weights or --generated. Throws InputError.
LanguageModel load_language_model(const GenerateOptions& options);

}  // namespace npu
