// The shape of a matrix product on the cube, the tile sizes it is computed with and the rule that
// chooses them. Private to kernels/ops.
#pragma once

#include <cstdint>
#include <string_view>

#include "isa/limits/limits.h"
#include "kernels/kit/element_type.h"
#include "kernels/ops/tiling.h"

namespace npu::detail {

struct ProductShape {
  int64_t m = 0, n = 0, k = 0;  // a is (m, k), b is (k, n), the sums are (m, n)
  ElementType a = Type::kF16, b = Type::kF16;
  bool a_transposed = false;  // a is stored as (k, m)
  bool b_transposed = false;  // b is stored as (n, k); always so where it has scales
  bool bias = false;          // a row of the bias buffer is in use
  int64_t copies = 1;         // products of this shape in one launch
  bool dealt = false;         // one copy after another, each from the next free group on
  bool table = false;         // a row of drain's table is in use
  bool to_vector = false;     // vector cores take the sums: half of UB holds their part of a tile

  Type sum_type() const { return is_integer(a.type()) ? Type::kI32 : Type::kF32; }
};

struct ProductTiling {
  int64_t m = 0, n = 0;  // of a tile of sums, which one group computes at a time
  int64_t step = 0;      // of k: one slot of L0A and L0B, one mma
  int64_t depth = 0;     // of k: one slot of L1, a multiple of step
  int64_t span = 0;      // of k: one slot of scales in L1, a multiple of depth; 0: no scales
  int a_packets = 2, b_packets = 2;  // slots in L1
  bool handover = false;             // one slot in L0C, handed to drain piece by piece; else two
  bool apart = false;                // tiles begin at different packets of k
};

// The tile that takes the chip the fewest cycles by a simple count: rounds of tiles over the
// groups, each as long as the slowest of its multiplication, its feeds and its loads. Tiles are as
// small as the shape asks for, so that a product with one row still occupies every group. Throws
// InputError in the name of `owner` where the buffers hold no tile at all.
ProductTiling choose_tiling(std::string_view owner, const Limits& machine,
                            const ProductShape& shape);

}  // namespace npu::detail
