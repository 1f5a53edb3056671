// A token drawn from the best candidates of each row.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct SampleShape {
  int64_t rows = 0;
  int64_t candidates = 1;  // of a row, as a top-k gives them
  float temperature = 1;   // more than 0

  void check(const Limits& machine) const;  // throws InputError
};

// Candidate c of a row has probability p[c] = softmax(logits / temperature)[c]; the one at which
// the running sum of p first exceeds u is drawn. u = (hash(hash(seed) + row) >> 8) / 2^24 with the
// machine's 32-bit hash, so that a seed gives the same tokens everywhere.
// Parameters: logits (rows, candidates) f32, tokens (rows, candidates) i32, seed (int), y (rows)
// i32.
Program sample_top_k(const Limits& machine, const SampleShape& shape);

// In double. Exact, unless u lies within the roundings of a running sum.
Expected sample_top_k_reference(const SampleShape& shape, std::span<const double> logits,
                                std::span<const double> tokens, int64_t seed);

}  // namespace npu
