#include "kernels/ops/combine.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

void CombineShape::check(const Limits& machine) const {
  detail::ShapeCheck check("combine", machine);
  check.dimension("tokens", tokens);
  check.dimension("dim", dim);
  check.dimension("top_k", top_k);
  check.float_type("type", type);
  check.done();
}

// A task is a piece of channels of some tokens: the rows of their pairs come by number and are
// added up token by token.
Program combine(const Limits& machine, const CombineShape& s) {
  s.check(machine);
  const int64_t size = bytes_of(s.type);
  const int64_t element = s.top_k * (2 * size + 4) + 4 * size + 4 * 2;  // of y, in bytes of UB
  const int64_t fit = static_cast<int64_t>(machine.ub) / 2 / element / 32 * 32;
  const int64_t piece =
      std::min({detail::row_columns(s.dim), std::max<int64_t>(fit, 8), int64_t{1024}});
  const int64_t pieces = detail::ceil_div(s.dim, piece);
  const int64_t token_bytes = detail::round_up(piece, 32) * element + 3 * s.top_k * 4;
  const int64_t tile = std::min(s.tokens, detail::portion(machine, s.tokens * pieces, token_bytes));

  Kernel k{"combine", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", tile), pairs = k.dim("pairs", tile * s.top_k),
            cols = k.dim("cols", piece);
  const Tensor x = k.tensor("x", s.type, {s.tokens * s.top_k, s.dim});
  const Tensor places =
      k.tensor("places", Type::kI32, {s.tokens, s.top_k}).reshape({s.tokens * s.top_k});
  std::optional<Tensor> weights, shared;
  if (s.weighted)
    weights = k.tensor("weights", Type::kF32, {s.tokens, s.top_k}).reshape({s.tokens * s.top_k});
  if (s.shared) shared = k.tensor("shared", s.type, {s.tokens, s.dim});
  const Tensor y = k.tensor("y", s.type, {s.tokens, s.dim});
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {pairs, cols}, 2);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {rows, cols}, 2);
  Ring* weights_ub = weights ? &k.ring("weights_ub", Mem::kUb, Type::kF32, {pairs, 1}, 2) : nullptr;
  Ring* shared_ub = shared ? &k.ring("shared_ub", Mem::kUb, s.type, {rows, cols}, 2) : nullptr;
  const Tile wide = k.buffer("wide", Type::kF32, {pairs, cols}),
             sum = k.buffer("sum", Type::kF32, {rows, cols}),
             other = k.buffer("other", Type::kF32, {rows, cols});

  const auto some_tokens = [&](Int task) {
    const auto [c, t] = k.split(task, pieces);
    const Int row = t * tile, col = c * piece;
    rows.clip(s.tokens - row);
    pairs.clip(s.top_k * Int(rows));
    cols.clip(s.dim - col);
    k.load(x_ub.push(), x.cols(col, cols).gather(places.rows(row * s.top_k, pairs), pairs));
    v.convert(wide, x_ub.pop());
    if (weights) {
      k.load(weights_ub->push(), weights->from(0, row * s.top_k));
      v.mul(wide, wide, weights_ub->pop());
    }
    k.loop("token", rows, [&](Int i) { v.col_sum(sum.row(i), wide.rows(i, s.top_k)); });
    if (shared) {
      k.load(shared_ub->push(), shared->from(row, col));
      v.convert(other, shared_ub->pop());
      v.add(sum, sum, other);
    }
    v.convert(y_ub.push(), sum);
    k.store(y.from(row, col), y_ub.pop());
  };
  k.tasks(detail::ceil_div(s.tokens, tile) * pieces, some_tokens, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
