// Many matrix products in one launch: a batch, or the blocks of a block-diagonal matrix.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct BatchedMatmulShape {
  int64_t batch = 0, m = 0, n = 0, k = 0;
  bool b_transposed = false;  // each b is stored as (n, k)
  Type type = Type::kF16;     // of a and b
  Type out = Type::kF32;      // of c
  void check(const char* owner, const Limits& machine) const;
};

// c[i] = a[i] b[i]; a (batch, m, k), b (batch, k, n) or (batch, n, k), c (batch, m, n).
Program batched_matmul(const Limits& machine, const BatchedMatmulShape& shape);

// The grouped low-rank output projection of DeepSeek-V4: group g of the columns of x (m, batch * k)
// times w[g] (n, k) gives group g of the columns of y (m, batch * n): one block-diagonal matrix.
Program grouped_o_proj(const Limits& machine, const BatchedMatmulShape& shape);

// In double, with the bound of matmul, for the layouts of each.
Expected batched_matmul_reference(const BatchedMatmulShape& shape, std::span<const double> a,
                                  std::span<const double> b);
Expected grouped_o_proj_reference(const BatchedMatmulShape& shape, std::span<const double> x,
                                  std::span<const double> w);

}  // namespace npu
