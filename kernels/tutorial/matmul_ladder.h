// The ladder of the matrix product: one kernel whose every step differs from the one before in one
// number. docs/tutorial shows what each brings.
#pragma once

#include <cstdint>

#include "isa/limits/limits.h"
#include "isa/program/program.h"

namespace npu {

// c (m, n) = a (m, k) b^T, b (n, k); a, b in f16, c in f16, sums in f32.
struct MatmulStep {
  int64_t m = 0, n = 0, k = 0;
  int64_t base_m = 64, base_n = 64, base_k = 64;  // what the cube multiplies at a time
  int64_t packet = 64;             // columns of k that a load brings, a multiple of base_k
  int packets = 1;                 // slots of L1
  bool overlap = false;            // feed the cube's next operands while it works
  bool handover = false;           // drain sub-tiles while the cube still works
  int64_t grid_m = 1, grid_n = 1;  // groups along m and n; a group owns one block of c

  // Throws InputError for sizes that are not positive or do not fit.
  void check(const Limits& machine) const;
};

// Launch it on grid_m * grid_n groups.
Program matmul_step(const Limits& machine, const MatmulStep& step);

}  // namespace npu
