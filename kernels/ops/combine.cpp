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

// A task is a piece of channels of some tokens: slot by slot, the rows of their pairs come by
// number and are added up.
Program combine(const Limits& machine, const CombineShape& s) {
  s.check(machine);
  const int64_t element = 5 * bytes_of(s.type) + 8;  // of y, in bytes of UB
  const int64_t fit = static_cast<int64_t>(machine.ub) / 2 / element / 32 * 32;
  const int64_t piece = std::min({detail::row_columns(s.dim), fit, int64_t{2048}});
  const int64_t pieces = detail::ceil_div(s.dim, piece);
  const int64_t token_bytes =
      detail::round_up(piece, 32) * element + 2 * detail::padded_row(machine, s.top_k, Type::kF32);
  const int64_t tile = std::min(s.tokens, detail::portion(machine, s.tokens * pieces, token_bytes));

  Kernel k{"combine", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", tile), cols = k.dim("cols", piece);
  const Tensor x = k.tensor("x", s.type, {s.tokens * s.top_k, s.dim});
  const Tensor places = k.tensor("places", Type::kI32, {s.top_k, s.tokens});
  std::optional<Tensor> weights, shared;
  if (s.weighted) weights = k.tensor("weights", Type::kF32, {s.tokens, s.top_k});
  if (s.shared) shared = k.tensor("shared", s.type, {s.tokens, s.dim});
  const Tensor y = k.tensor("y", s.type, {s.tokens, s.dim});
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {rows, cols}, 3);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {rows, cols}, 2);
  const Tile wide = k.buffer("wide", Type::kF32, {rows, cols}),
             sum = k.buffer("sum", Type::kF32, {rows, cols});

  const auto add_rows = [&](Int row, Int col, const std::optional<Tile>& weight) {
    const Tensor part = x.cols(col, cols);
    k.loop("slot", s.top_k, [&](Int i) {
      k.load(x_ub.push(), part.gather(places[i].rows(row, rows), rows));
      v.convert(wide, x_ub.pop());
      weight ? v.fma(sum, wide, weight->col(i), sum) : v.add(sum, sum, wide);
    });
  };
  Ring* weights_ub =
      weights ? &k.ring("weights_ub", Mem::kUb, Type::kF32, {rows, s.top_k}, 2) : nullptr;
  const auto some_tokens = [&](Int task) {
    const auto [c, t] = k.split(task, pieces);
    const Int row = t * tile, col = c * piece;
    rows.clip(s.tokens - row);
    cols.clip(s.dim - col);
    v.fill(sum, 0);
    if (weights) {
      k.load(weights_ub->push(), weights->from(row, 0));
      k.use(weights_ub->pop(), [&](Tile w) { add_rows(row, col, w); });
    } else {
      add_rows(row, col, std::nullopt);
    }
    if (shared) {
      k.load(x_ub.push(), shared->from(row, col));
      v.convert(wide, x_ub.pop());
      v.add(sum, sum, wide);
    }
    v.convert(y_ub.push(), sum);
    k.store(y.from(row, col), y_ub.pop());
  };
  k.tasks(detail::ceil_div(s.tokens, tile) * pieces, some_tokens, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
