#include "kernels/ops/swiglu_clamp.h"

#include <algorithm>
#include <optional>
#include <vector>

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

namespace {

struct Tiling {
  int64_t piece = 0;            // columns of a task
  int64_t parts = 1, rows = 1;  // of a task, and of a part
};

Tiling choose(const Limits& machine, const SwigluClampShape& s) {
  constexpr int64_t kWidest = 2048, kElements = 4096;  // of a part
  const int64_t element = 5 * bytes_of(s.type) + (s.pairs ? 4 : 2) * bytes_of(Type::kF32);
  const int64_t room = static_cast<int64_t>(machine.ub) * 7 / 8;
  const auto bytes = [&](const Tiling& t) {
    return t.parts * (t.rows * detail::round_up(t.piece, 32) * element + 8 * machine.ub_align +
                      t.rows * 2 * bytes_of(Type::kF32));
  };
  const int64_t fit = std::max<int64_t>(32, room / (2 * element) / 32 * 32 - 32);
  Tiling t{.piece = std::min({detail::row_columns(s.cols), kWidest, fit})};
  const int64_t pieces = s.rows * detail::ceil_div(s.cols, t.piece);
  const int64_t most = std::min(s.rows, detail::ceil_div(pieces, detail::vector_cores(machine)));
  if (most > 1 && bytes({t.piece, 2, 1}) <= room) t.parts = 2;
  const int64_t wanted = detail::ceil_div(std::min(most, t.parts * kElements / t.piece), t.parts);
  while (t.rows < wanted && bytes({t.piece, t.parts, t.rows + 1}) <= room) ++t.rows;
  return t;
}

struct Part {
  int64_t first = 0;  // row of the task
  Dim rows;
  Ring &in_ub, &y_ub;
  Ring* route_ub;
  Tile g, u;
  std::optional<Tile> alternating;
};

// A factor is loaded with its rows, by cores that share its line and would each fetch it anew. So
// every core first brings lines of its own to L2.
void fetch_route(Kernel& k, const Tensor& route, int64_t rows) {
  constexpr int64_t kLine = 128;  // factors
  Ring& line_ub = k.ring("line_ub", Mem::kUb, Type::kF32, {1, kLine}, 1);
  const Tile line = k.buffer("line", Type::kF32, {1, kLine});
  k.tasks(detail::ceil_div(rows, kLine),
          [&](Int i) {
            k.load(line_ub.push(), route.tile(0, i));
            k.vec.copy(line, line_ub.pop());
          },
          {.per = Per::kVector});
}

}  // namespace

// A task is a piece of columns of some rows, in parts that take turns, so that none waits for the
// result that it has just asked for.
Program swiglu_clamp(const Limits& machine, const SwigluClampShape& s) {
  s.check(machine);
  constexpr double kAlpha = 1.702;
  const Tiling t = choose(machine, s);
  const int64_t piece = t.piece, tile = t.parts * t.rows;
  const int64_t pieces = detail::ceil_div(s.cols, piece);

  Kernel k{"swiglu_clamp", machine};
  Vec& v = k.vec;
  const Dim cols = k.dim("cols", piece), wide = k.dim("wide", 2 * piece);
  std::optional<Tensor> gate, up, both, route;
  if (s.packed || s.pairs) both = k.tensor("gate_up", s.type, {s.rows, 2 * s.cols});
  gate = both ? both->cols(0, s.cols) : k.tensor("gate", s.type, {s.rows, s.cols});
  up = both ? both->cols(s.cols, s.cols) : k.tensor("up", s.type, {s.rows, s.cols});
  if (s.route) route = k.tensor("route", Type::kF32, {s.rows});
  const Tensor y = k.tensor("y", s.type, {s.rows, s.cols});
  std::vector<Part> all;
  for (int64_t i = 0; i < t.parts; ++i) {
    const Dim rows = k.dim("rows", t.rows);
    Part p{.first = i * t.rows,
           .rows = rows,
           .in_ub = s.pairs ? k.ring("in_ub", Mem::kUb, s.type, {rows, wide}, 2)
                            : k.ring("in_ub", Mem::kUb, s.type, {rows, cols}, 4),
           .y_ub = k.ring("y_ub", Mem::kUb, s.type, {rows, cols}, 1),
           .route_ub = s.route ? &k.ring("route_ub", Mem::kUb, Type::kF32, {rows, 1}, 2) : nullptr,
           .g = k.buffer("g", Type::kF32, {rows, cols}),
           .u = k.buffer("u", Type::kF32, {rows, cols})};
    if (s.pairs) p.alternating = k.buffer("alternating", Type::kF32, {rows, wide});
    all.push_back(p);
  }
  const auto each = [&](const auto& step) {
    for (const Part& p : all) step(p);
  };

  // What is read is not wanted again: what is written stays in L2 in its place.
  const LoadOptions once{.hint = Hint::kStream};
  const auto take = [&](const Part& p, const Int& row, const Int& col) {
    if (s.pairs) {
      k.load(p.in_ub.push(), both->from(row, 2 * col), once);
      v.convert(*p.alternating, p.in_ub.pop());
      v.unzip(p.g, p.u, *p.alternating);
    } else {
      k.load(p.in_ub.push(), gate->from(row, col), once);
      k.load(p.in_ub.push(), up->from(row, col), once);
      v.convert(p.g, p.in_ub.pop());
      v.convert(p.u, p.in_ub.pop());
    }
  };
  const auto some_rows = [&](Int task) {
    const auto [c, r] = k.split(task, pieces);
    const Int row = r * tile, col = c * piece;
    cols.clip(s.cols - col);
    if (s.pairs) wide.clip(2 * Int(cols));
    each([&](const Part& p) {
      p.rows.clip(s.rows - row - p.first);
      take(p, row + p.first, col);
    });
    if (s.limit > 0) {
      each([&](const Part& p) { v.min(p.g, p.g, s.limit); });
      each([&](const Part& p) { v.min(p.u, p.u, s.limit); });
      each([&](const Part& p) { v.max(p.u, p.u, -s.limit); });
    }
    if (s.pairs) each([&](const Part& p) { v.add(p.u, p.u, 1); });
    if (s.route) {
      each([&](const Part& p) {
        k.load(p.route_ub->push(), route->from(0, row + p.first));
        v.mul(p.u, p.u, p.route_ub->pop());
      });
    }
    each([&](const Part& p) { v.mul(p.u, p.u, p.g); });
    each([&](const Part& p) { v.mul(p.g, p.g, s.pairs ? -kAlpha : -1); });
    each([&](const Part& p) { v.exp(p.g, p.g); });
    each([&](const Part& p) { v.add(p.g, p.g, 1); });
    each([&](const Part& p) { v.rec(p.g, p.g); });
    each([&](const Part& p) { v.mul(p.g, p.u, p.g); });
    each([&](const Part& p) {
      v.convert(p.y_ub.push(), p.g);
      k.store(y.from(row + p.first, col), p.y_ub.pop());
    });
  };
  if (s.route) fetch_route(k, *route, s.rows);
  k.tasks(detail::ceil_div(s.rows, tile) * pieces, some_rows, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
