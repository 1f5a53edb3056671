// The weights of a dense transformer in host memory, fp32, whatever file they came from. The CPU
// reference computes from them in double, the NPU path converts and uploads them.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/model/config.h"

namespace npu {

// (rows, columns), row-major: a linear layer is y = W x, so rows are its outputs.
struct Matrix {
  Matrix() = default;
  Matrix(std::int64_t row_count, std::int64_t column_count)
      : rows(row_count),
        columns(column_count),
        values(static_cast<size_t>(row_count) * static_cast<size_t>(column_count)) {}

  const float* row(std::int64_t index) const { return values.data() + index * columns; }

  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<float> values;
};

struct DenseLayer {
  std::vector<float> attention_norm;  // (hidden)
  Matrix wq;                          // (q_width, hidden)
  Matrix wk, wv;                      // (kv_width, hidden)
  Matrix wo;                          // (hidden, q_width)
  std::vector<float> bq, bk, bv, bo;  // as the rows above; empty unless config.attention_bias
  std::vector<float> q_norm, k_norm;  // (head_dim); empty unless config.qk_norm
  std::vector<float> ffn_norm;        // (hidden)
  Matrix w_gate, w_up;                // (intermediate, hidden): w1 and w3 of llama2.c
  Matrix w_down;                      // (hidden, intermediate): w2 of llama2.c
};

struct DenseWeights {
  ModelConfig config;
  Matrix embedding;  // (vocab, hidden)
  std::vector<DenseLayer> layers;
  std::vector<float> final_norm;  // (hidden)
  Matrix head;                    // (vocab, hidden); empty if config.tied_embeddings

  const Matrix& lm_head() const { return config.tied_embeddings ? embedding : head; }
};

// Every tensor with the shape that `config` gives it, filled with zeros.
DenseWeights zero_weights(const ModelConfig& config);

// Weights made of a seed: the same bits on every host, layers that matter beside the embedding, and
// logits of standard deviation about 4, so that greedy choices are far apart. Throws InputError
// above 2^30 parameters.
DenseWeights generated_weights(const ModelConfig& config, std::uint64_t seed);

}  // namespace npu
