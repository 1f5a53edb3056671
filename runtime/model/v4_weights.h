// The weights of a DeepSeek-V4 model in host memory, by the names of the published checkpoints: in
// fp32, and those that a checkpoint quantises as it stores them too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "isa/types.h"
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

// Values and scales as their bytes lie in a checkpoint. Of a layer's experts both are one behind
// the other.
struct StoredMatrix {
  Type type = Type::kE4m3;        // e4m3 with a scale for each 128 x 128, e2m1 for each 1 x 32
  std::vector<std::byte> codes;   // row-major; e2m1 two a byte
  std::vector<std::byte> scales;  // e8m0
};

struct V4Weights {
  V4Config config;
  std::map<std::string, Matrix> tensors;       // all of them, scales multiplied in: exact
  std::map<std::string, StoredMatrix> stored;  // the quantised ones among them

  const Matrix& at(const std::string& name) const { return tensors.at(name); }
};

// Reads a checkpoint: a tensor with F8_E4M3 or packed fp4 values and its scale is dequantised
// exactly (a power of two times a value of four bits of mantissa). Throws InputError for a tensor
// that is missing, of another shape, or of a type that no V4 checkpoint has there.
V4Weights load_v4_weights(const V4Config& config, Checkpoint& checkpoint);

}  // namespace npu
