// The results of a token's experts, back in token order and added up.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct CombineShape {
  int64_t tokens = 0, dim = 0;
  int64_t top_k = 1;
  bool weighted = false;   // rows are multiplied by their weights here, not before
  bool shared = false;     // a row of each token is added: what the shared expert gave
  Type type = Type::kF32;  // of x, shared and y: f32 f16 bf16

  void check(const Limits& machine) const;  // throws InputError
};

// y[t] = sum over i of (weights[t, i]) x[places[i, t]] (+ shared[t]), in this order.
// Parameters: x (tokens * top_k, dim), places (top_k, tokens) i32, [weights (tokens, top_k) f32],
// [shared (tokens, dim)], y (tokens, dim).
Program combine(const Limits& machine, const CombineShape& shape);

// In double: top_k + 1 roundings of f32 on the sum of magnitudes, then that of y.
Expected combine_reference(const CombineShape& shape, std::span<const double> x,
                           std::span<const double> places, std::span<const double> weights,
                           std::span<const double> shared);

}  // namespace npu
