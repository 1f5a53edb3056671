#include "kernels/ops/indexer.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/errors.h"
#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

struct Tiling {
  int64_t rows = 0;  // entries of a tile, over all vector cores
  int64_t step = 0;  // channels in a slot of L0
};

// The largest tile whose slots fit every buffer twice.
Tiling tiling_of(const Limits& machine, const IndexerShape& s) {
  const int64_t native = std::max(machine.fractal_rows, machine.fractal_cols(s.type));
  const int64_t size = bytes_of(s.type), heads = detail::round_up(s.heads, native),
                dim = detail::round_up(s.head_dim, native);
  const int64_t score_row = detail::padded_row(machine, s.heads, Type::kF32);
  for (Tiling t{.rows = 128}; t.rows >= std::max(native, int64_t{machine.vectors}); t.rows /= 2) {
    for (t.step = std::max<int64_t>(dim, native); t.step >= native; t.step -= native) {
      const bool l0 = 2 * size * t.rows * t.step <= static_cast<int64_t>(machine.l0a) &&
                      2 * size * heads * t.step <= static_cast<int64_t>(machine.l0b) &&
                      2 * 4 * t.rows * heads <= static_cast<int64_t>(machine.l0c);
      const int64_t l1 = 2 * size * (t.rows + heads) * dim;
      const int64_t mine = detail::ceil_div(t.rows, machine.vectors);
      const int64_t ub = mine * (2 * score_row + 2 * machine.ub_align + 8) + 2 * score_row;
      if (l0 && l1 <= static_cast<int64_t>(machine.l1) && ub <= static_cast<int64_t>(machine.ub)) {
        return t;
      }
    }
  }
  throw InputError(
      fmt::format("indexer: the buffers of machine {} do not hold a tile of {} heads of {} {}",
                  machine.machine, s.heads, s.head_dim, type_name(s.type)));
}

}  // namespace

void IndexerShape::check(const Limits& machine) const {
  detail::ShapeCheck check("indexer", machine);
  check.dimension("tokens", tokens);
  check.dimension("heads", heads);
  check.dimension("head_dim", head_dim);
  check.dimension("capacity", capacity);
  check.float_type("dtype", type);
  check.cube_type("dtype", type);
  check.done();
}

// A task is a tile of entries for some tokens. The products lie as (entries, heads), so that the
// sum over the heads of a token stays within one vector core.
Program indexer(const Limits& machine, const IndexerShape& s) {
  s.check(machine);
  const Tiling t = tiling_of(machine, s);
  const int64_t most_tiles = detail::ceil_div(s.capacity, t.rows);
  const int64_t blocks =
      std::min(s.tokens, detail::ceil_div(2 * int64_t{machine.groups}, most_tiles));
  const int64_t each = detail::ceil_div(s.tokens, blocks);  // tokens of a task
  const int64_t step = std::min(t.step, s.head_dim);

  Kernel k{"indexer", machine};
  Vec& v = k.vec;
  const Tensor q = k.tensor("q", s.type, {s.tokens * s.heads, s.head_dim});
  const Tensor key = k.tensor("k", s.type, {s.capacity, s.head_dim});
  const Tensor weight = k.tensor("weight", Type::kF32, {s.tokens, s.heads});
  const Tensor score = k.tensor("score", Type::kF32, {s.tokens, s.capacity});
  const Int entries = k.arg("entries");
  const Dim rows = k.dim("rows", t.rows), mine = k.share(rows);
  const Extent heads = detail::row_extent(k, "heads", s.heads);
  Ring& k_l1 = k.ring("k_l1", Mem::kL1, s.type, {rows, s.head_dim}, 2);
  Ring& q_l1 = k.ring("q_l1", Mem::kL1, s.type, {s.heads, s.head_dim}, 2);
  Ring& a_l0 = k.ring("a_l0", Mem::kL0A, s.type, {rows, t.step}, 2);
  Ring& b_l0 = k.ring("b_l0", Mem::kL0B, s.type, {s.heads, t.step}, 2);
  Ring& products = k.ring("products", Mem::kL0C, Type::kF32, {rows, s.heads}, 2);
  Link& wanted = k.link("wanted", Dir::kToVector, Type::kF32, {rows, heads}, {.depth = 2});
  Ring& weight_ub = k.ring("weight_ub", Mem::kUb, Type::kF32, {1, heads}, 2);
  Ring& score_ub = k.ring("score_ub", Mem::kUb, Type::kF32, {mine, 1}, 2);

  const auto one_token = [&](const Tile& kt, const Int& tile, const Int& token) {
    k.load(q_l1.push(), q.from(token * s.heads, 0));
    k.use(q_l1.pop(), products.push(), [&](Tile qt, Tile product) {
      const auto part = [&](const Int& i) {
        k.feed(a_l0.push(), kt.cols(i, step));
        k.feed(b_l0.push(), qt.cols(i, step).t());
        k.mma(product, a_l0.pop(), b_l0.pop());
      };
      step == s.head_dim ? part(0) : k.loop("step", detail::ceil_div(s.head_dim, step), part);
    });
    k.drain(wanted.push(), products.pop(), {.activation = Activation::kRelu});
    k.load(weight_ub.push(), weight.from(token, 0));
    k.use(wanted.pop(), weight_ub.pop(), [&](Tile x, Tile w) {
      v.mul(x, x, w);
      v.row_sum(score_ub.push(), x);
    });
    k.store(k.share(score[token].from(0, tile * t.rows)), score_ub.pop());
  };
  k.tasks(blocks * ceil_div(entries, t.rows), [&](Int task) {
    const auto [block, tile] = k.split(task, blocks);
    const Int first = block * each, at = tile;  // NOTE: clang 14 captures no structured binding
    rows.clip(entries - at * t.rows);
    k.load(k_l1.push(), key.from(at * t.rows, 0));
    k.use(k_l1.pop(), [&](Tile kt) {
      k.loop("token", max(0, min(each, s.tokens - first)),
             [&](Int i) { one_token(kt, at, first + i); });
    });
  });
  return k.finish();
}

}  // namespace npu
