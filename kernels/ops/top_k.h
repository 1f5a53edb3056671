// The k largest of each row, exactly: what the indexer's scores are put through.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct TopKShape {
  int64_t rows = 0, cols = 0;
  int64_t k = 0;       // at most 2048, and what UB holds; may be more than cols
  int64_t ratio = 0;   // 0: every row has `count` columns; else row r sees as many closed blocks
  int64_t width = 0;   // columns of y; 0 means k
  int64_t column = 0;  // of y, where the indices begin

  int64_t y_cols() const { return width != 0 ? width : column + k; }
  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: x (rows, cols) of f32 without NaN, y (rows, width) of i32, count (int): 0 .. cols,
// position (int), base (int). Row r competes with its first min(count, (position + r + 1) / ratio)
// columns, or count where ratio is 0. y[r, column + i] = base + the column of its i-th largest, the
// lower column first among equals, or -1 where fewer compete; -inf never wins. The rest of y stays.
Program top_k(const Limits& machine, const TopKShape& shape);

// Exact.
Expected top_k_reference(const TopKShape& shape, std::span<const double> x,
                         std::span<const double> y, int64_t count, int64_t position, int64_t base);

}  // namespace npu
