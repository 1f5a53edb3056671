#include "kernels/ops/argmax.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

void ArgmaxShape::check(const Limits& machine) const {
  detail::ShapeCheck check("argmax", machine);
  check.dimension("rows", rows);
  check.dimension("cols", cols);
  check.require(cols < (int64_t{1} << 31), "cols must fit the i32 result");
  check.float_type("type", type);
  check.done();
}

// Rows are cut into parts, so that one row keeps every vector core busy. Each core leaves the
// largest of its part and where it is; after a barrier the parts of a row are compared.
Program argmax(const Limits& machine, const ArgmaxShape& s) {
  s.check(machine);
  const int64_t piece =
      std::min(s.cols, detail::row_portion(machine, s.rows * s.cols, 2 * bytes_of(s.type) + 4));
  const int64_t wanted = detail::ceil_div(detail::vector_cores(machine), s.rows);
  const int64_t span = detail::round_up(detail::ceil_div(s.cols, wanted), piece);
  const int64_t parts = detail::ceil_div(s.cols, span);

  Kernel k{"argmax", machine};
  Vec& v = k.vec;
  const Dim cols = k.dim("cols", piece);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols}), y = k.tensor("y", Type::kI32, {s.rows});
  const Tensor tops = k.workspace("tops", Type::kF32, {s.rows, parts}, Per::kChip);
  const Tensor places = k.workspace("places", Type::kI32, {s.rows, parts}, Per::kChip);
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {1, cols}, 2);
  Ring& top_ub = k.ring("top_ub", Mem::kUb, Type::kF32, {1, 1}, 1);
  Ring& place_ub = k.ring("place_ub", Mem::kUb, Type::kI32, {1, 1}, 1);
  const Tile wide = k.buffer("wide", Type::kF32, {1, cols});
  const Tile here = k.buffer("here", Type::kF32, {1, 1}), at = k.buffer("at", Type::kI32, {1, 1});
  const Tile larger = k.buffer("larger", Type::kU8, {1, 1});

  const auto one_part = [&](Int task) {
    const auto [part, task_row] = k.split(task, parts);
    const Int row = task_row;  // NOTE: clang 14 captures no structured binding
    const Int first = part * span, count = min(span, s.cols - first);
    k.use(top_ub.push(), place_ub.push(), [&](Tile top, Tile place) {
      v.fill(top, kLowest);
      v.fill(place, first);
      k.tiles("piece", count, cols, [&](Int i) {
        k.load(x_ub.push(), x.from(row, first + i * piece));
        v.convert(wide, x_ub.pop());
        v.row_max(here, wide);
        v.row_argmax(at, wide);
        v.add(at, at, first + i * piece);
        v.cmp(larger, here, kGreater, top);
        v.select(top, larger, here, top);
        v.select(place, larger, at, place);
      });
    });
    k.store(tops.from(row, part), top_ub.pop());
    k.store(places.from(row, part), place_ub.pop());
  };
  k.tasks(s.rows * parts, one_part, {.per = Per::kVector});
  k.barrier();

  Ring& tops_ub = k.ring("tops_ub", Mem::kUb, Type::kF32, {1, parts}, 1);
  Ring& places_ub = k.ring("places_ub", Mem::kUb, Type::kI32, {1, parts}, 1);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, Type::kI32, {1, 1}, 1);
  const auto one_row = [&](Int row) {
    k.load(tops_ub.push(), tops.from(row, 0));
    k.load(places_ub.push(), places.from(row, 0));
    v.row_argmax(at, tops_ub.pop());  // the first of equals is the part of the lower columns
    v.gather(y_ub.push(), places_ub.pop(), at);
    k.store(y.tile(0, row), y_ub.pop());
  };
  k.tasks(s.rows, one_row, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
