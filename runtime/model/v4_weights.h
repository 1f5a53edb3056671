// The weights of a DeepSeek-V4 model in host memory, fp32, by the names of the published
// checkpoints.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/model/v4_config.h"
#include "runtime/model/weights.h"

namespace npu {

class Checkpoint;

// A tensor that a config asks for: (rows, columns), (1, columns) for a list.
struct V4Tensor {
  std::string name;
  std::int64_t rows = 0, columns = 0;
};

// All tensors of the model, draft layers left out. The experts of a layer are one tensor,
// "layers.3.ffn.experts.w1.weight", of which the checkpoint holds a part an expert.
std::vector<V4Tensor> v4_tensors(const V4Config& config);

struct V4Weights {
  V4Config config;
  std::map<std::string, Matrix> tensors;

  const Matrix& at(const std::string& name) const { return tensors.at(name); }
};

// Reads a checkpoint: a tensor with F8_E4M3 or packed fp4 values and its scale is dequantised
// exactly (a power of two times a value of four bits of mantissa). Throws InputError for a tensor
// that is missing, of another shape, or of a type that no V4 checkpoint has there.
V4Weights load_v4_weights(const V4Config& config, Checkpoint& checkpoint);

}  // namespace npu
