#include "kernels/ops/grouped_matmul.h"
#include "kernels/ops/matmul.h"
#include "kernels/ops/scaled_matmul.h"

namespace npu {

namespace {

// Scales of a matrix.
size_t plane(const ElementType& type, int64_t rows, int64_t cols) {
  const auto& [block_rows, block_cols] = type.block();
  return static_cast<size_t>((rows + block_rows - 1) / block_rows) *
         static_cast<size_t>((cols + block_cols - 1) / block_cols);
}

}  // namespace

Expected grouped_matmul_reference(const GroupedShape& s, const GroupedValues& values) {
  Expected all;
  const size_t n = static_cast<size_t>(s.n), k = static_cast<size_t>(s.k);
  size_t first = 0;
  for (size_t e = 0; e < values.counts.size(); ++e) {
    const size_t count = static_cast<size_t>(values.counts[e]);
    const auto m = static_cast<int64_t>(count);
    const auto x = values.x.subspan(first * k, count * k), w = values.w.subspan(e * n * k, n * k);
    Expected part;
    if (s.x.scaled()) {
      const size_t row = plane(s.x, 1, s.k), expert = plane(s.w, s.n, s.k);
      part = scaled_matmul_reference({.m = m,
                                      .n = s.n,
                                      .k = s.k,
                                      .a = s.x.type(),
                                      .b = s.w.type(),
                                      .a_block = s.x.block(),
                                      .b_block = s.w.block(),
                                      .out = s.out},
                                     x, values.x_scale.subspan(first * row, count * row), w,
                                     values.w_scale.subspan(e * expert, expert));
    } else {
      part = matmul_reference(
          {.m = m, .n = s.n, .k = s.k, .b_transposed = true, .type = s.x.type(), .out = s.out}, x,
          w, {});
    }
    all.want.insert(all.want.end(), part.want.begin(), part.want.end());
    all.bound.insert(all.bound.end(), part.bound.begin(), part.bound.end());
    first += count;
  }
  return all;
}

}  // namespace npu
