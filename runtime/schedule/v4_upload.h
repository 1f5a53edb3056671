// Fills what the steps of a DeepSeek-V4 model read: weights once, token ids and lists of rows
// before every step.
#pragma once

#include <span>

#include "runtime/model/v4_weights.h"
#include "runtime/schedule/step_runner.h"
#include "runtime/schedule/v4_step.h"

namespace npu {

// The weights that a step has, in its types, tables of angles and the caches' beginnings. Throws
// InputError where native arithmetic asks for codes that the checkpoint does not hold.
void upload_v4_weights(StepRunner& runner, const Step& step, const V4StepShape& shape,
                       const V4Weights& weights);

// What v4_step asks for before the step.
void upload_v4_tokens(StepRunner& runner, const Step& step, const V4StepShape& shape,
                      const V4Config& config, std::span<const int> tokens);

}  // namespace npu
