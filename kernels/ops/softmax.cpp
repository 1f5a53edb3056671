#include "kernels/ops/softmax.h"

#include <optional>
#include <vector>

#include "kernels/kit/kit.h"
#include "kernels/ops/row_folds.h"
#include "kernels/ops/row_parts.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

void SoftmaxShape::check(const Limits& machine) const {
  detail::ShapeCheck check("softmax", machine);
  check.dimension("rows", rows);
  check.dimension("cols", cols);
  check.float_type("type", type);
  check.done();
}

namespace {

// Rows that lie in UB as a whole are read once.
int64_t part_bytes(const Limits& machine, const SoftmaxShape& s, const detail::RowParts& p) {
  const int64_t cols = detail::row_columns(s.cols);
  const int64_t row = (p.depth + 1) * detail::padded_row(machine, cols, s.type) +
                      detail::padded_row(machine, cols, Type::kF32) + 2 * bytes_of(Type::kF32);
  const int64_t folds = detail::RowFolds::pays(machine, s.cols)
                            ? detail::RowFolds::bytes(machine, p.rows, s.cols, 1)
                            : 0;
  return p.parts * (p.rows * row + folds + 6 * machine.ub_align);
}

int64_t room(const Limits& machine) { return static_cast<int64_t>(machine.ub) * 7 / 8; }

struct Part : detail::RowSlots {
  Tile max, sum;
};

Program whole_rows(const Limits& machine, const SoftmaxShape& s) {
  const auto bytes = [&](const detail::RowParts& p) { return part_bytes(machine, s, p); };
  const detail::RowParts parts =
      detail::choose_row_parts(machine, s.rows, s.cols, bytes, room(machine));

  Kernel k{"softmax", machine};
  Vec& v = k.vec;
  const Extent cols = detail::row_extent(k, "cols", s.cols);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols}),
               y = k.tensor("y", s.type, {s.rows, s.cols});
  const detail::RowDeal deal(k, parts);
  std::vector<Part> all;
  for (const detail::RowSlots& slots : detail::row_slots(k, parts, s.type, cols)) {
    all.push_back({slots, k.buffer("max", Type::kF32, {slots.rows, 1}),
                   k.buffer("sum", Type::kF32, {slots.rows, 1})});
  }
  std::optional<detail::RowFolds> folds;
  if (detail::RowFolds::pays(machine, s.cols))
    folds.emplace(k, "folds", parts.parts * parts.rows, s.cols, parts.parts);
  const auto each = [&](const auto& step) {
    for (const Part& p : all) step(p);
  };

  const auto find_max = [&] {
    const auto largest = [&](const Tile& to, const Tile& from) { v.row_max(to, from); };
    if (!folds) return each([&](const Part& p) { largest(p.max, p.wide); });
    std::vector<detail::RowFolds::Strip> strips;
    each([&](const Part& p) { strips.push_back({p.wide, p.max, Int(p.rows)}); });
    folds->fold(largest, strips);
  };
  const LoadOptions once{.hint = Hint::kStream};
  k.loop("round", deal.rounds(s.rows), [&](Int round) {
    each([&](const Part& p) {
      const Int row = deal.row(round, p.number);
      p.rows.clip(s.rows - row);
      deal.load(p.x_ub.push(), x, row, s.cols, once);
      v.convert(p.wide, p.x_ub.pop());
    });
    find_max();
    each([&](const Part& p) { v.sub(p.wide, p.wide, p.max); });
    each([&](const Part& p) { v.exp(p.wide, p.wide); });
    each([&](const Part& p) { v.row_sum(p.sum, p.wide); });
    each([&](const Part& p) { v.rec(p.sum, p.sum); });
    each([&](const Part& p) { v.mul(p.wide, p.wide, p.sum); });
    each([&](const Part& p) {
      v.convert(p.y_ub.push(), p.wide);
      k.store(y.from(deal.row(round, p.number), 0), p.y_ub.pop());
    });
  });
  return k.finish();
}

// A task is some rows. They go through UB twice, in pieces of columns: first for the maximum and
// the sum, then to be written.
Program in_pieces(const Limits& machine, const SoftmaxShape& s) {
  const int64_t bytes_each = 4 * bytes_of(s.type) + bytes_of(Type::kF32);
  const int64_t elements = static_cast<int64_t>(machine.ub) / 2 / bytes_each;
  const int64_t most = std::min<int64_t>(4096, elements / 32 * 32);
  const int64_t piece = std::min(detail::row_columns(s.cols), most);
  const int64_t row_bytes = 4 * detail::padded_row(machine, piece, s.type) +
                            detail::padded_row(machine, piece, Type::kF32) +
                            4 * bytes_of(Type::kF32);
  const int64_t tile = detail::portion(machine, s.rows, row_bytes);

  Kernel k{"softmax", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", tile), cols = k.dim("cols", piece);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols}),
               y = k.tensor("y", s.type, {s.rows, s.cols});
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {rows, cols}, 2);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {rows, cols}, 2);
  const Tile wide = k.buffer("wide", Type::kF32, {rows, cols});
  const Tile max = k.buffer("max", Type::kF32, {rows, 1}),
             top = k.buffer("top", Type::kF32, {rows, 1});
  const Tile sum = k.buffer("sum", Type::kF32, {rows, 1}),
             part = k.buffer("part", Type::kF32, {rows, 1});

  const auto some_rows = [&](Int r) {
    rows.clip(s.rows - r * tile);
    v.fill(max, kLowest);
    v.fill(sum, 0);
    k.tiles("first", s.cols, cols, [&](Int c) {
      k.load(x_ub.push(), x.tile(r, c));
      v.convert(wide, x_ub.pop());
      v.row_max(top, wide);
      v.max(top, top, max);
      v.sub(max, max, top);
      v.exp(max, max);
      v.mul(sum, sum, max);  // the sum so far, relative to the new maximum
      v.copy(max, top);
      v.sub(wide, wide, top);
      v.exp(wide, wide);
      v.row_sum(part, wide);
      v.add(sum, sum, part);
    });
    k.tiles("second", s.cols, cols, [&](Int c) {
      k.load(x_ub.push(), x.tile(r, c));
      v.convert(wide, x_ub.pop());
      v.sub(wide, wide, max);
      v.exp(wide, wide);
      v.div(wide, wide, sum);
      v.convert(y_ub.push(), wide);
      k.store(y.tile(r, c), y_ub.pop());
    });
  };
  k.tasks(detail::ceil_div(s.rows, tile), some_rows, {.per = Per::kVector});
  return k.finish();
}

}  // namespace

Program softmax(const Limits& machine, const SoftmaxShape& s) {
  s.check(machine);
  return part_bytes(machine, s, {.depth = 1}) <= room(machine) ? whole_rows(machine, s)
                                                               : in_pieces(machine, s);
}

}  // namespace npu
