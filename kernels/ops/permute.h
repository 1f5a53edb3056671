// Permutation of tokens to the order of their experts, so that each expert's rows lie together: a
// stable counting sort of (token, expert) pairs on the machine.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct PermuteShape {
  int64_t tokens = 0, dim = 0;
  int64_t experts = 0;
  int64_t top_k = 1;       // experts of a token, all different
  Type type = Type::kF32;  // of x and y: f32 f16 bf16

  int64_t pairs() const { return tokens * top_k; }
  void check(const Limits& machine) const;  // throws InputError
};

// counts[e] = pairs of expert e; places[i, t] = row of y of the pair (t, chosen[t, i]): pairs are
// ordered by expert, then token; y[places[i, t]] = x[t], route[places[i, t]] = weights[t, i].
// Parameters: x (tokens, dim), chosen (tokens, top_k) i32, weights (tokens, top_k) f32, counts
// (experts) i32, places (top_k, tokens) i32, y (tokens * top_k, dim), route (tokens * top_k) f32.
Program permute(const Limits& machine, const PermuteShape& shape);

// Exact. One entry an output: counts, places, y, route.
std::vector<Expected> permute_reference(const PermuteShape& shape, std::span<const double> x,
                                        std::span<const double> chosen,
                                        std::span<const double> weights);

}  // namespace npu
