// Sums over the rows of a tile, with most of the additions between parts of a row, at the vector
// unit's full rate, and the reduction over what is left. Private to kernels/ops.
#pragma once

#include <cstdint>

#include "kernels/kit/vec.h"

namespace npu::detail {

// Parts that rows of so many elements are folded into.
inline int64_t row_parts(int64_t cols) { return cols >= 1024 && cols % 4 == 0 ? 4 : 1; }

// sum (rows x 1) = of each row of x; scratch is (rows, cols / row_parts(cols)).
inline void sum_rows(Vec& v, const Tile& sum, const Tile& x, const Tile& scratch) {
  const int64_t part = scratch.max_cols(), parts = x.max_cols() / part;
  if (parts == 1) return v.row_sum(sum, x);
  v.add(scratch, x.cols(0, part), x.cols(1, part));
  for (int64_t i = 2; i < parts; ++i) v.add(scratch, scratch, x.cols(i, part));
  v.row_sum(sum, scratch);
}

// The same of the squares.
inline void sum_squares(Vec& v, const Tile& sum, const Tile& x, const Tile& scratch) {
  const int64_t part = scratch.max_cols(), parts = x.max_cols() / part;
  v.mul(scratch, x.cols(0, part), x.cols(0, part));
  for (int64_t i = 1; i < parts; ++i) v.fma(scratch, x.cols(i, part), x.cols(i, part), scratch);
  v.row_sum(sum, scratch);
}

}  // namespace npu::detail
