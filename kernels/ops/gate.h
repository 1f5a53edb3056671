// The gate of a mixture of experts: from a token's logits to its experts and their weights.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

enum class Scoring { kSoftmax, kSigmoid, kSqrtSoftplus };

struct GateShape {
  int64_t tokens = 0, experts = 0;
  int64_t top_k = 1;  // experts of a token
  Scoring scoring = Scoring::kSoftmax;
  int64_t groups = 1;      // of consecutive experts, of which the best `kept` may be chosen from:
  int64_t kept = 1;        // those with the largest sum of their two best
  bool bias = false;       // added to the scores for the choice alone
  int64_t vocabulary = 0;  // more than 0: experts come from a table by token id
  bool normalised = true;  // weights are divided by their sum
  float route_scale = 1;   // and multiplied by this

  bool hashed() const { return vocabulary > 0; }
  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: logits (tokens, experts) f32, [bias (experts) f32], [table (vocabulary, top_k) i32,
// ids (tokens) i32], weights (tokens, top_k) f32, chosen (tokens, top_k) i32, best first. At equal
// value the lower index is first.
Program gate(const Limits& machine, const GateShape& shape);

// In double, of logits that are exact in f32. A score is off by a few roundings; where two scores
// are nearer than that, the choice could go either way, which generated logits avoid. One entry an
// output: weights, chosen.
std::vector<Expected> gate_reference(const GateShape& shape, std::span<const double> logits,
                                     std::span<const double> bias, std::span<const double> table,
                                     std::span<const double> ids);

}  // namespace npu
