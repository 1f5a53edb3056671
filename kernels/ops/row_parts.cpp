#include "kernels/ops/row_parts.h"

#include <algorithm>

#include "kernels/ops/tiling.h"

namespace npu::detail {

RowParts choose_row_parts(const Limits& machine, int64_t rows, int64_t cols,
                          const std::function<int64_t(const RowParts&)>& bytes, int64_t room) {
  constexpr int64_t kElements = 4096;  // of a part
  const int64_t most = ceil_div(rows, vector_cores(machine));
  const auto fits = [&](const RowParts& p) { return bytes(p) <= room; };
  RowParts p{.parts = std::min<int64_t>(2, most)};
  if (!fits(p)) p.depth = 1;
  if (!fits(p)) p = {};
  if (!fits(p)) p.depth = 1;
  const int64_t wanted = ceil_div(std::min(most, p.parts * kElements / cols), p.parts);
  while (p.rows < wanted && fits({p.parts, p.rows + 1, p.depth})) ++p.rows;
  return p;
}

std::vector<RowSlots> row_slots(Kernel& k, const RowParts& parts, Type type, const Extent& cols) {
  std::vector<RowSlots> all;
  for (int64_t i = 0; i < parts.parts; ++i) {
    const Dim rows = k.dim("rows", parts.rows);
    all.push_back({.number = i,
                   .rows = rows,
                   .x_ub = k.ring("x_ub", Mem::kUb, type, {rows, cols}, parts.depth),
                   .y_ub = k.ring("y_ub", Mem::kUb, type, {rows, cols}, 1),
                   .wide = k.buffer("wide", Type::kF32, {rows, cols})});
  }
  return all;
}

Int RowDeal::rounds(int64_t rows) const {
  return ceil_div(rows, cores() * (parts_.parts * parts_.rows));
}

Int RowDeal::row(const Int& round, int64_t part) const {
  return ((round * cores() + core()) * parts_.parts + part) * parts_.rows;
}

void RowDeal::load(const Lease& to, const Tensor& x, const Int& row, int64_t cols,
                   const LoadOptions& options) const {
  constexpr int64_t kUnit = 256;  // elements
  const int64_t half = round_up(ceil_div(cols, 2), kUnit);
  if (parts_.rows > 1 || half >= cols) return k_.load(to, x.from(row, 0), options);
  k_.use(to, [&](Tile slot) {
    for (int i = 0; i < 2; ++i) {
      const Int first = (core() + i) % 2 * half;
      k_.load(slot.cols_from(first, half), x.from(row, first), options);
    }
  });
}

}  // namespace npu::detail
