// y[i] = table[ids[i]]: the rows of the tokens.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct EmbeddingShape {
  int64_t tokens = 0, vocabulary = 0, cols = 0;
  Type type = Type::kF32;  // of table and y: f32 f16 bf16

  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: table (vocabulary, cols), ids (tokens) i32, control, y (tokens, cols). An id below 0
// gives a row of zeros.
Program embedding(const Limits& machine, const EmbeddingShape& shape);

// Exact.
Expected embedding_reference(const EmbeddingShape& shape, std::span<const double> table,
                             std::span<const double> ids);

}  // namespace npu
