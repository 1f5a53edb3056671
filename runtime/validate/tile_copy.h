// The kernel of the published copy benchmarks: every core reads tiles of a matrix in GM.
#pragma once

#include <cstdint>

#include "isa/program/program.h"

namespace npu {

// A matrix of f16, row-major. Its tiles go round the cores in turn (kShared); or every core reads
// all of them, from the first on (kSame) or each from another one (kStaggered).
struct TileCopy {
  enum class Order : uint8_t { kShared, kSame, kStaggered };
  bool cube = false;  // into L1 as fractals; else into UB as rows
  int64_t rows = 0, cols = 0, tile_rows = 0, tile_cols = 0;
  Order order = Order::kShared;
  int64_t rounds = 1;
};

// One parameter: the matrix.
Program tile_copy(const TileCopy& copy);

}  // namespace npu
