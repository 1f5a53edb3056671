// The frequencies of rotary position embedding: pair i of a head turns by position * frequency[i].
#pragma once

#include <vector>

#include "runtime/model/config.h"

namespace npu {

// Radians per position, (head_dim / 2): rope_theta^(-2i / head_dim), corrected by the Llama 3.1
// scaling if there is one.
std::vector<double> rope_frequencies(const ModelConfig& config);

}  // namespace npu
