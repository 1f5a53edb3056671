// Reductions of long rows at the vector unit's full rate: rows of one block of UB go several to a
// step, where closing a long row takes cycles of its own. So blocks first, then blocks of their
// results, until one element a row is left. Strips of rows take turns: what one waits for is done
// while the others work. Private to kernels/ops.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/kit/kernel.h"

namespace npu::detail {

class RowFolds {
 public:
  // For tiles of `rows` x `cols` of f32; `strips` divides rows.
  RowFolds(Kernel& k, const char* name, int64_t rows, int64_t cols, int64_t strips)
      : block_(k.machine().ub_align / 4),
        strips_(strips),
        scratch_(k.buffer(name, Type::kF32, {elements(k.machine(), rows, cols, strips), 1})) {}

  static int64_t bytes(const Limits& machine, int64_t rows, int64_t cols, int64_t strips) {
    return 4 * elements(machine, rows, cols, strips);
  }

  // result (rows x 1) = reduce(result, x) of each row of the dense tile x, all of it.
  template <class Reduce>
  void fold(const Reduce& reduce, const Tile& result, const Tile& x) const {
    const int64_t rows = x.max_rows() / strips_;
    int64_t at = 0, cols = x.max_cols();
    std::vector<Tile> from;
    for (int64_t i = 0; i < strips_; ++i) from.push_back(x.rows(i, rows));
    while (cols > block_ && cols % block_ == 0) {
      const int64_t parts = rows * (cols /= block_);
      for (Tile& strip : from) {
        const Tile to = scratch_.rows_from(at, parts);
        reduce(to, strip.reshape(parts, block_));
        at += up(parts, block_);
        strip = to;
      }
    }
    for (int64_t i = 0; i < strips_; ++i) {
      reduce(result.rows(i, rows), from[static_cast<size_t>(i)].reshape(rows, cols));
    }
  }

 private:
  static int64_t up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }
  static int64_t elements(const Limits& machine, int64_t rows, int64_t cols, int64_t strips) {
    const int64_t block = machine.ub_align / 4;
    int64_t sum = block;  // a buffer has elements
    while (cols > block && cols % block == 0) {
      sum += strips * up(rows / strips * (cols /= block), block);
    }
    return sum;
  }

  int64_t block_, strips_;
  Tile scratch_;
};

}  // namespace npu::detail
