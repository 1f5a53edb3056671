// The tile sizes of a matmul and the rule that chooses them. Private to kernels/ops.
#pragma once

#include <cstdint>

#include "isa/limits/limits.h"
#include "kernels/ops/matmul.h"

namespace npu::detail {

struct MatmulTiling {
  int64_t m = 0, n = 0;   // of a tile of c, which one group computes at a time
  int64_t step = 0;       // of k: one slot of L0A and L0B, one mma
  int64_t depth = 0;      // of k: one slot of L1, a multiple of step
  int packets = 2;        // slots in L1
  bool handover = false;  // one slot in L0C, handed to drain piece by piece; else two
};

// The tile that takes the chip the fewest cycles by a simple count: rounds of tiles over the
// groups, each as long as the slower of its multiplication and its loads. Tiles are as small as the
// shape asks for, so that a product with one row still occupies every group. Throws InputError
// where the buffers hold no tile at all.
MatmulTiling choose_tiling(const Limits& machine, const MatmulShape& shape);

}  // namespace npu::detail
