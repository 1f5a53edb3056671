// The lightning indexer of DeepSeek: how much each query token wants each cached entry. top_k then
// chooses among the entries.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct IndexerShape {
  int64_t tokens = 0, heads = 0, head_dim = 0;
  int64_t capacity = 0;     // rows of k and columns of score
  Type type = Type::kBf16;  // of q and k: f32 f16 bf16

  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: q (tokens, heads * head_dim), k (capacity, head_dim), weight (tokens, heads) of f32,
// score (tokens, capacity) of f32, entries (int): 0 .. capacity. Columns from `entries` on stay as
// they are. Which entries a token may see is for top_k to say.
Program indexer(const Limits& machine, const IndexerShape& shape);

// In double: score[t, i] = sum_h weight[t, h] * max(0, q[t, h] . k[i]). A product is off by
// gamma_{head_dim} |q| |k|, the sum by a rounding for each head.
Expected indexer_reference(const IndexerShape& shape, std::span<const double> q,
                           std::span<const double> k, std::span<const double> weight,
                           std::span<const double> score, int64_t entries);

}  // namespace npu
