#include "kernels/ops/swiglu_clamp.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

void SwigluClampShape::check(const Limits& machine) const {
  detail::ShapeCheck check("swiglu_clamp", machine);
  check.dimension("rows", rows);
  check.dimension("cols", cols);
  check.require(limit >= 0, "limit must not be negative");
  check.require(!(packed && pairs), "gate and up are packed or in pairs, not both");
  check.float_type("type", type);
  check.done();
}

// A task is a piece of columns of some rows.
Program swiglu_clamp(const Limits& machine, const SwigluClampShape& s) {
  s.check(machine);
  constexpr double kAlpha = 1.702;
  const int64_t width = s.pairs ? 2 : 1;  // columns of a load for one of y
  const int64_t element =
      (2 * (s.pairs ? 2 : 2) + 2) * bytes_of(s.type) + (2 + 2 * (width - 1)) * 4;
  const int64_t piece =
      std::min(detail::row_columns(s.cols),
               std::min<int64_t>(2048, static_cast<int64_t>(machine.ub) / 2 / element / 32 * 32));
  const int64_t pieces = detail::ceil_div(s.cols, piece);
  const int64_t row_bytes = detail::round_up(piece, 32) * element + 3 * machine.ub_align;
  const int64_t tile = std::min(s.rows, detail::portion(machine, s.rows * pieces, row_bytes));

  Kernel k{"swiglu_clamp", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", tile), cols = k.dim("cols", piece),
            wide = k.dim("wide", 2 * piece);
  std::optional<Tensor> gate, up, both, route;
  if (s.packed || s.pairs) both = k.tensor("gate_up", s.type, {s.rows, 2 * s.cols});
  gate = both ? both->cols(0, s.cols) : k.tensor("gate", s.type, {s.rows, s.cols});
  up = both ? both->cols(s.cols, s.cols) : k.tensor("up", s.type, {s.rows, s.cols});
  if (s.route) route = k.tensor("route", Type::kF32, {s.rows});
  const Tensor y = k.tensor("y", s.type, {s.rows, s.cols});
  Ring& in_ub = s.pairs ? k.ring("in_ub", Mem::kUb, s.type, {rows, wide}, 2)
                        : k.ring("in_ub", Mem::kUb, s.type, {rows, cols}, 4);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {rows, cols}, 2);
  const Tile g = k.buffer("g", Type::kF32, {rows, cols}),
             u = k.buffer("u", Type::kF32, {rows, cols});
  std::optional<Tile> alternating;
  if (s.pairs) alternating = k.buffer("alternating", Type::kF32, {rows, wide});
  Ring* route_ub = s.route ? &k.ring("route_ub", Mem::kUb, Type::kF32, {rows, 1}, 2) : nullptr;

  // What is read is not wanted again: what is written stays in L2 in its place.
  const LoadOptions once{.hint = Hint::kStream};
  const auto take = [&](Int row, Int col) {
    if (s.pairs) {
      wide.clip(2 * Int(cols));
      k.load(in_ub.push(), both->from(row, 2 * col), once);
      v.convert(*alternating, in_ub.pop());
      v.unzip(g, u, *alternating);
    } else {
      k.load(in_ub.push(), gate->from(row, col), once);
      k.load(in_ub.push(), up->from(row, col), once);
      v.convert(g, in_ub.pop());
      v.convert(u, in_ub.pop());
    }
  };
  const auto some_rows = [&](Int task) {
    const auto [c, r] = k.split(task, pieces);
    const Int row = r * tile, col = c * piece;
    rows.clip(s.rows - row);
    cols.clip(s.cols - col);
    take(row, col);
    if (s.limit > 0) {
      v.min(g, g, s.limit);
      v.min(u, u, s.limit);
      v.max(u, u, -s.limit);
    }
    if (s.pairs) v.add(u, u, 1);
    if (route_ub) {
      k.load(route_ub->push(), route->from(0, row));
      v.mul(u, u, route_ub->pop());
    }
    v.mul(u, u, g);
    v.mul(g, g, s.pairs ? -kAlpha : -1);
    v.exp(g, g);
    v.add(g, g, 1);
    v.rec(g, g);
    v.mul(g, u, g);
    v.convert(y_ub.push(), g);
    k.store(y.from(row, col), y_ub.pop());
  };
  k.tasks(detail::ceil_div(s.rows, tile) * pieces, some_rows, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
