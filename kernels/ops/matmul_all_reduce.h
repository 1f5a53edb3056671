// c = the sum over all chips of a b^T: a linear layer whose k dimension is cut among chips.
// Product and sum overlap, tile by tile.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct MatmulAllReduceShape {
  int64_t chips = 1;
  int64_t m = 0, n = 0, k = 0;  // on each chip a is (m, k), b is (n, k); c is (m, n)
  Type type = Type::kF16;       // of a and b, of what the chips send each other, and of c: f16 bf16

  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: a, b, c; c is the same bits on all chips. A chip's part of each sum is rounded to the
// type, the sum is in f32.
Program matmul_all_reduce(const Limits& machine, const MatmulAllReduceShape& shape);

// In double, of a (chips, m, k) and b (chips, n, k): each chip's product with its own bound and
// rounding, then as many roundings of f32 as there are chips, then that of c.
Expected matmul_all_reduce_reference(const MatmulAllReduceShape& shape, std::span<const double> a,
                                     std::span<const double> b);

}  // namespace npu
