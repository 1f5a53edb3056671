#include "kernels/ops/rope.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/rope_rows.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

void RopeShape::check(const Limits& machine) const {
  detail::ShapeCheck check("rope", machine);
  check.dimension("tokens", tokens);
  check.dimension("heads", heads);
  check.dimension("head_dim", head_dim);
  check.dimension("positions", positions);
  check.require(turned() % 2 == 0,
                rope_dim > 0 ? "rope_dim must be even" : "head_dim must be even");
  check.require(rope_dim >= 0 && rope_dim <= head_dim, "rope_dim must be from 0 to head_dim");
  check.require(tokens <= positions, "the tables must have a row for every token");
  check.float_type("type", type);
  check.done();
}

// Where whole rows do not fit, a task is a tile of tokens of some heads, which share the angles.
// The two channels of a pair are two tiles, x0 and x1: loaded apart if they are half a head apart,
// unzipped if they are neighbours. Channels before those that turn go from load to store.
Program rope(const Limits& machine, const RopeShape& s) {
  s.check(machine);
  if (detail::fits_whole_rows(machine, s)) return detail::rope_rows(machine, s);
  // Nobody wants x again: it leaves L2 to y.
  const LoadOptions once{.hint = Hint::kStream};
  const int64_t half = s.half(), still = s.head_dim - s.turned();
  const bool interleaved = s.interleaved && half > 1;     // of one pair, both orders are the same
  const int64_t width = interleaved ? s.turned() : half;  // of one load or store
  const int64_t pass = std::min<int64_t>(still, 512);     // channels that stay, of one load
  const int64_t row_bytes =
      4 * detail::padded_row(machine, detail::row_columns(width), s.type) +
      6 * detail::padded_row(machine, detail::row_columns(half), Type::kF32) +
      (interleaved ? detail::padded_row(machine, s.turned(), Type::kF32) : 0) +
      2 * detail::padded_row(machine, pass, s.type);
  const int64_t tile = detail::portion(machine, s.tokens * s.heads, row_bytes);
  const int64_t token_tiles = detail::ceil_div(s.tokens, tile);
  // Tasks enough that the last round of them leaves few cores idle.
  constexpr int64_t kTasksEach = 4;
  const int64_t heads_each =
      std::max<int64_t>(1, s.heads * token_tiles / (kTasksEach * detail::vector_cores(machine)));

  Kernel k{"rope", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", std::min(tile, s.tokens)), heads = k.dim("heads", heads_each);
  const Tensor x = k.tensor("x", s.type, {s.tokens, s.heads * s.head_dim});
  const Tensor cos = k.tensor("cos", Type::kF32, {s.positions, half});
  const Tensor sin = k.tensor("sin", Type::kF32, {s.positions, half});
  const Tensor y = k.tensor("y", s.type, {s.tokens, s.heads * s.head_dim});
  const Int position = k.arg("position");
  const Extent channels = detail::row_extent(k, "channels", half);
  const Extent moved = interleaved ? Extent(s.turned()) : channels;
  Ring& cos_ub = k.ring("cos_ub", Mem::kUb, Type::kF32, {rows, channels}, 1);
  Ring& sin_ub = k.ring("sin_ub", Mem::kUb, Type::kF32, {rows, channels}, 1);
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {rows, moved}, 2);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {rows, moved}, 2);
  const Tile x0 = k.buffer("x0", Type::kF32, {rows, channels}),
             x1 = k.buffer("x1", Type::kF32, {rows, channels});
  const Tile y0 = k.buffer("y0", Type::kF32, {rows, channels}),
             y1 = k.buffer("y1", Type::kF32, {rows, channels});

  std::optional<Dim> passed;
  if (still > 0) passed = k.dim("passed", pass);
  Ring* still_ub = passed ? &k.ring("still_ub", Mem::kUb, s.type, {rows, *passed}, 2) : nullptr;

  const auto turn = [&](const Tile& c, const Tile& n) {
    v.mul(y0, x1, n);
    v.mul(y1, x0, n);
    v.mul(x0, x0, c);
    v.mul(x1, x1, c);
    s.inverse ? v.add(y0, x0, y0) : v.sub(y0, x0, y0);
    s.inverse ? v.sub(y1, x1, y1) : v.add(y1, x1, y1);
  };
  const auto apart = [&](Int row, Int col, const Tile& c, const Tile& n) {
    k.load(x_ub.push(), x.from(row, col), once);
    k.load(x_ub.push(), x.from(row, col + half), once);
    v.convert(x0, x_ub.pop());
    v.convert(x1, x_ub.pop());
    turn(c, n);
    v.convert(y_ub.push(), y0);
    v.convert(y_ub.push(), y1);
    k.store(y.from(row, col), y_ub.pop());
    k.store(y.from(row, col + half), y_ub.pop());
  };
  std::optional<Tile> pairs;
  if (interleaved) pairs = k.buffer("pairs", Type::kF32, {rows, s.turned()});
  const auto neighbours = [&](Int row, Int col, const Tile& c, const Tile& n) {
    k.load(x_ub.push(), x.from(row, col), once);
    v.convert(*pairs, x_ub.pop());
    v.unzip(x0, x1, *pairs);
    turn(c, n);
    v.zip(*pairs, y0, y1);
    v.convert(y_ub.push(), *pairs);
    k.store(y.from(row, col), y_ub.pop());
  };
  const auto pass_on = [&](Int row, Int col) {
    if (still == 0) return;
    k.tiles("still", still, *passed, [&](Int i) {
      k.load(still_ub->push(), x.from(row, col + i * pass), once);
      k.store(y.from(row, col + i * pass), still_ub->pop());
    });
  };
  const auto some_heads = [&](Int task) {
    const auto [t, h] = k.split(task, token_tiles);
    const Int row = t * rows.capacity(), head = h * heads_each;
    rows.clip(s.tokens - row);
    heads.clip(s.heads - head);
    k.load(cos_ub.push(), cos.from(position + row, 0));
    k.load(sin_ub.push(), sin.from(position + row, 0));
    k.use(cos_ub.pop(), sin_ub.pop(), [&](Tile c, Tile n) {
      k.loop("head", heads, [&](Int i) {
        pass_on(row, (head + i) * s.head_dim);
        const Int col = (head + i) * s.head_dim + still;
        interleaved ? neighbours(row, col, c, n) : apart(row, col, c, n);
      });
    });
  };
  k.tasks(token_tiles * detail::ceil_div(s.heads, heads_each), some_heads, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
