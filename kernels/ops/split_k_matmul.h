// c = a b with k split among the groups: for products whose tiles of c are fewer than the groups.
#pragma once

#include <cstdint>

#include "isa/limits/limits.h"
#include "isa/program/program.h"

namespace npu {

struct SplitKShape {
  int64_t m = 0, n = 0, k = 0;  // a is (m, k), b is (k, n) or (n, k), c is (m, n)
  int64_t splits = 0;           // parts of k; 0: as many as give every group a task
  bool b_transposed = false;
  Type type = Type::kF16;  // of a and b
  Type out = Type::kF32;   // of c
  void check(const Limits& machine) const;
};

// Parameters: a, b, c. Every part of k gives a partial product in workspace; after a barrier the
// vector cores add the parts in ascending order, so the result does not depend on time. The
// reference and its bound are those of matmul: the same sums in another order of additions.
Program matmul_split_k(const Limits& machine, const SplitKShape& shape);

}  // namespace npu
