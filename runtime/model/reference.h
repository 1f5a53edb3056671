// The model on the host CPU, in double, one plain loop after another: the oracle that NPU results
// are compared with. It is written to be read, not to be fast.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/model/weights.h"

namespace npu {

class ReferenceModel {
 public:
  // Keeps a reference to the weights, which must outlive the model.
  explicit ReferenceModel(const DenseWeights& weights);

  // The logits, (vocab), after `token` at `position`. Positions come in order from 0; an earlier
  // one forgets what came after it. Throws InputError for a token outside of the vocabulary or a
  // position outside of the context.
  std::vector<double> forward(int token, int position);

 private:
  struct Cache {
    std::vector<double> keys;    // (positions, kv_width), after RoPE
    std::vector<double> values;  // (positions, kv_width)
  };

  std::vector<double> attention(const DenseLayer& layer, const std::vector<double>& x, int position,
                                Cache& cache) const;
  void attend_head(const double* query, std::int64_t kv_head, int position, const Cache& cache,
                   double* out) const;
  void rotate(double* head, int position) const;
  void norm_heads(std::vector<double>& heads, const std::vector<float>& weight) const;

  const DenseWeights& weights_;
  std::vector<double> frequencies_;
  std::vector<Cache> caches_;  // one a layer
};

// Index of the largest logit; the lowest of equal ones.
int argmax(const std::vector<double>& logits);

// `prompt`, not empty, continued greedily until there are `total` ids.
std::vector<int> generate_greedy(ReferenceModel& model, const std::vector<int>& prompt, int total);

}  // namespace npu
