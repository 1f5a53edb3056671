#include "kernels/ops/hadamard.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "kernels/kit/kit.h"
#include "kernels/ops/row_parts.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// Of a part: slots, rows in f32 and their halves.
int64_t part_bytes(const Limits& machine, const HadamardShape& s, const detail::RowParts& p) {
  const int64_t half = detail::padded_row(machine, s.cols / 2, Type::kF32);
  const int64_t row = (p.depth + 1) * detail::padded_row(machine, s.cols, s.type) +
                      detail::padded_row(machine, s.cols, Type::kF32) + 2 * half;
  return p.parts * (p.rows * row + 5 * machine.ub_align);
}

int64_t room(const Limits& machine) { return static_cast<int64_t>(machine.ub) * 7 / 8; }

struct Part : detail::RowSlots {
  Tile even, odd;
};

}  // namespace

void HadamardShape::check(const Limits& machine) const {
  detail::ShapeCheck check("hadamard", machine);
  check.dimension("rows", rows);
  check.dimension("cols", cols);
  check.require(cols >= 2 && std::has_single_bit(static_cast<uint64_t>(cols)),
                "cols must be a power of two, at least 2");
  check.float_type("dtype", type);
  check.done();
  check.require(part_bytes(machine, *this, {.depth = 1}) <= room(machine), "a row must fit UB");
  check.done();
}

// Sums and differences of neighbours, sums to the front and differences to the back: that treats
// the lowest bit of the column and makes it the highest, so that after as many turns as there are
// bits every bit is treated and back in its place.
Program hadamard(const Limits& machine, const HadamardShape& s) {
  s.check(machine);
  const int64_t half = s.cols / 2;
  const auto bytes = [&](const detail::RowParts& p) { return part_bytes(machine, s, p); };
  const detail::RowParts parts =
      detail::choose_row_parts(machine, s.rows, s.cols, bytes, room(machine));

  Kernel k{"hadamard", machine};
  Vec& v = k.vec;
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols});
  const Tensor y = k.tensor("y", s.type, {s.rows, s.cols});
  const detail::RowDeal deal(k, parts);
  std::vector<Part> all;
  for (const detail::RowSlots& slots : detail::row_slots(k, parts, s.type, s.cols)) {
    const auto half_rows = [&](const char* name) {
      // One column would lie dense; as a column of two it is padded as the others are.
      return k.buffer(name, Type::kF32, {slots.rows, std::max<int64_t>(2, half)}).cols(0, half);
    };
    all.push_back({slots, half_rows("even"), half_rows("odd")});
  }
  const auto each = [&](const auto& step) {
    for (const Part& p : all) step(p);
  };

  const LoadOptions once{.hint = Hint::kStream};
  k.loop("round", deal.rounds(s.rows), [&](Int round) {
    each([&](const Part& p) {
      const Int row = deal.row(round, p.number);
      p.rows.clip(s.rows - row);
      deal.load(p.x_ub.push(), x, row, s.cols, once);
      v.convert(p.wide, p.x_ub.pop());
    });
    k.loop("bit", std::countr_zero(static_cast<uint64_t>(s.cols)), [&](Int) {
      each([&](const Part& p) { v.unzip(p.even, p.odd, p.wide); });
      each([&](const Part& p) { v.add(p.wide.cols_from(0, half), p.even, p.odd); });
      each([&](const Part& p) { v.sub(p.wide.cols_from(half, half), p.even, p.odd); });
    });
    each([&](const Part& p) { v.mul(p.wide, p.wide, 1 / std::sqrt(static_cast<double>(s.cols))); });
    each([&](const Part& p) {
      v.convert(p.y_ub.push(), p.wide);
      k.store(y.from(deal.row(round, p.number), 0), p.y_ub.pop());
    });
  });
  return k.finish();
}

}  // namespace npu
