// Reductions of long rows at the vector unit's full rate: rows of one block of UB go several to a
// step, where closing a long row takes cycles of its own. So blocks first, then blocks of their
// results, until one element a row is left. Strips of rows take turns: what one waits for is done
// while the others work. Private to kernels/ops.
#pragma once

#include <cstdint>
#include <optional>
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

  // Whether rows are so short that closing the reduction of each would take longer than the steps
  // of the vector unit that it consists of.
  static bool pays(const Limits& machine, int64_t cols) {
    return cols % (machine.ub_align / 4) == 0 && cols <= 512;
  }

  static int64_t bytes(const Limits& machine, int64_t rows, int64_t cols, int64_t strips) {
    return 4 * elements(machine, rows, cols, strips);
  }

  struct Strip {
    Tile x, result;                           // (rows, cols), dense, and (rows, 1)
    std::optional<Int> count = std::nullopt;  // the rows that are folded, if not all
  };

  // result = reduce(result, x) of each row of the strips, which are of one shape.
  template <class Reduce>
  void fold(const Reduce& reduce, std::vector<Strip> strips) const {
    const int64_t rows = strips.front().x.max_rows();
    int64_t at = 0, cols = strips.front().x.max_cols();
    // A row in so many parts.
    const auto cut = [&](const Strip& strip, int64_t parts) {
      const Tile all = strip.x.reshape(rows * parts, cols / parts);
      return strip.count ? all.clipped(*strip.count * parts, cols / parts) : all;
    };
    for (; cols > block_ && cols % block_ == 0; cols /= block_) {
      const int64_t parts = cols / block_;
      for (Strip& strip : strips) {
        const Tile to = scratch_.rows_from(at, rows * parts);
        reduce(to, cut(strip, parts));
        at += up(rows * parts, block_);
        strip.x = to;
      }
    }
    for (const Strip& strip : strips) reduce(strip.result, cut(strip, 1));
  }

  // result (rows x 1) = reduce(result, x) of each row of the dense tile x, all of it.
  template <class Reduce>
  void fold(const Reduce& reduce, const Tile& result, const Tile& x) const {
    const int64_t rows = x.max_rows() / strips_;
    std::vector<Strip> strips;
    for (int64_t i = 0; i < strips_; ++i) strips.push_back({x.rows(i, rows), result.rows(i, rows)});
    fold(reduce, strips);
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
