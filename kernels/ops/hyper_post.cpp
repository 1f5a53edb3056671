#include "kernels/kit/kit.h"
#include "kernels/ops/hyper_connection.h"
#include "kernels/ops/tiling.h"

namespace npu {

// A task is the same piece of channels of some tokens, of all streams.
Program hc_post(const Limits& machine, const HyperShape& s) {
  s.check(machine);
  const int64_t n = s.streams, size = bytes_of(s.type), wide = bytes_of(Type::kF32);
  const int64_t channel = 2 * (2 * n + 1) * size + (n + 2) * wide;  // bytes of UB
  const int64_t factors = 2 * (detail::padded_row(machine, n, Type::kF32) +
                               detail::padded_row(machine, n * n, Type::kF32));
  const int64_t room = static_cast<int64_t>(machine.ub) * 3 / 4;
  const int64_t most = std::min<int64_t>(512, (room - factors) / channel / 16 * 16);
  const int64_t piece = std::min(detail::round_up(s.dim, 16), most);
  const int64_t pieces = detail::ceil_div(s.dim, piece);
  const int64_t tile = detail::portion(machine, s.tokens * pieces, piece * channel + factors);

  Kernel k{"hc_post", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", std::min(tile, s.tokens)), cols = k.dim("cols", piece);
  const Tensor y = k.tensor("y", s.type, {s.tokens, s.dim});
  const Tensor h = k.tensor("h", s.type, {s.tokens, s.width()});
  const Tensor post = k.tensor("post", Type::kF32, {s.tokens, n});
  const Tensor comb = k.tensor("comb", Type::kF32, {s.tokens, n * n});
  const Tensor out = k.tensor("out", s.type, {s.tokens, s.width()});
  Ring& post_ub = k.ring("post_ub", Mem::kUb, Type::kF32, {rows, n}, 2);
  Ring& comb_ub = k.ring("comb_ub", Mem::kUb, Type::kF32, {rows, n * n}, 2);
  Ring& in_ub = k.ring("in_ub", Mem::kUb, s.type, {rows, cols}, static_cast<int>(2 * n));
  Ring& out_ub = k.ring("out_ub", Mem::kUb, s.type, {rows, cols}, 2);
  const Tile layer = k.buffer("layer", Type::kF32, {rows, cols}),
             sum = k.buffer("sum", Type::kF32, {rows, cols});
  std::vector<Tile> streams;
  for (int64_t j = 0; j < n; ++j) streams.push_back(k.buffer("stream", Type::kF32, {rows, cols}));

  const auto one_piece = [&](Int task) {
    const auto [c, t] = k.split(task, pieces);
    const Int row = t * rows.capacity(), col = c * piece;
    rows.clip(s.tokens - row);
    cols.clip(s.dim - col);
    k.load(post_ub.push(), post.from(row, 0));
    k.load(comb_ub.push(), comb.from(row, 0));
    k.load(in_ub.push(), y.from(row, col));
    v.convert(layer, in_ub.pop());
    for (int64_t j = 0; j < n; ++j) {
      k.load(in_ub.push(), h.from(row, j * s.dim + col));
      v.convert(streams[static_cast<size_t>(j)], in_ub.pop());
    }
    k.use(post_ub.pop(), comb_ub.pop(), [&](Tile post_of, Tile comb_of) {
      for (int64_t i = 0; i < n; ++i) {
        v.mul(sum, layer, post_of.col(i));
        for (int64_t j = 0; j < n; ++j)
          v.fma(sum, streams[static_cast<size_t>(j)], comb_of.col(j * n + i), sum);
        v.convert(out_ub.push(), sum);
        k.store(out.from(row, i * s.dim + col), out_ub.pop());
      }
    });
  };
  k.tasks(detail::ceil_div(s.tokens, rows.capacity()) * pieces, one_piece, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
