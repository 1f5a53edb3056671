#include "kernels/ops/softmax.h"

#include "kernels/kit/kit.h"
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

// A task is some rows. They go through UB twice, in pieces of columns: first for the maximum and
// the sum, then to be written.
Program softmax(const Limits& machine, const SoftmaxShape& s) {
  s.check(machine);
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

}  // namespace npu
