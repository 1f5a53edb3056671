// Checkpoints of llama2.c (version 0, fp32): seven int32, then the tensors, ending with the file.
// The smallest format that real language models come in.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/model/config.h"
#include "runtime/model/weights.h"

namespace npu {

class InputFile;

// The header, as its seven numbers lie in the file but for the sign of the vocabulary.
struct Llama2cHeader {
  std::int32_t dim = 0;
  std::int32_t hidden_dim = 0;
  std::int32_t layers = 0;
  std::int32_t heads = 0;
  std::int32_t kv_heads = 0;
  std::int32_t vocab = 0;
  std::int32_t seq_len = 0;
  bool tied = true;  // false where the file gives the vocabulary as a negative number
};

// The dense Llama of this header: interleaved RoPE with theta 10000, rms_eps 1e-5, which llama2.c
// fixes.
ModelConfig from_llama2c(const Llama2cHeader& header);

// Reads a whole checkpoint. Throws InputError with all problems of the header, if the file is not
// exactly as long as the header says, and for weights that are not finite.
DenseWeights load_llama2c(const std::string& path);
DenseWeights load_llama2c(InputFile& file);

}  // namespace npu
