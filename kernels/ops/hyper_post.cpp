#include <algorithm>
#include <vector>

#include "kernels/kit/kit.h"
#include "kernels/ops/hyper_connection.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

struct Tiling {
  int64_t piece = 0, tokens = 0;  // of a task: channels, and tokens
};

// Pieces of rows that still read well, of as many tokens as UB holds or a vector core gets.
Tiling choose(const Limits& machine, const HyperShape& s) {
  constexpr int64_t kWidest = 512, kUnit = 16;
  const int64_t n = s.streams;
  const int64_t channel = (n + 3) * (bytes_of(s.type) + bytes_of(Type::kF32));  // bytes of UB
  const int64_t factors = 2 * (detail::padded_row(machine, n, Type::kF32) +
                               detail::padded_row(machine, n * n, Type::kF32));
  const int64_t room = static_cast<int64_t>(machine.ub) * 15 / 16;
  const int64_t fit = (room - factors) / channel / kUnit * kUnit;
  const int64_t piece = std::min({detail::round_up(s.dim, kUnit), fit, kWidest});
  const int64_t pieces = s.tokens * detail::ceil_div(s.dim, piece);
  const int64_t most = s.tile > 0 ? std::min(s.tile, s.tokens) : s.tokens;
  return {piece, std::min({most, room / (piece * channel + factors),
                           detail::ceil_div(pieces, detail::vector_cores(machine))})};
}

}  // namespace

// A task is the same piece of channels of some tokens, of all streams. Two streams of the result
// take turns, so that neither waits for the sum that it has just asked for.
Program hc_post(const Limits& machine, const HyperShape& s) {
  s.check(machine);
  constexpr int64_t kAtOnce = 2;
  const int64_t n = s.streams;
  const Tiling tiling = choose(machine, s);
  const int64_t piece = tiling.piece, pieces = detail::ceil_div(s.dim, piece);

  Kernel k{"hc_post", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", tiling.tokens), cols = k.dim("cols", piece);
  const Tensor y = k.tensor("y", s.type, {s.tokens, s.dim});
  const Tensor h = k.tensor("h", s.type, {s.tokens, s.width()});
  const Tensor post = k.tensor("post", Type::kF32, {s.tokens, n});
  const Tensor comb = k.tensor("comb", Type::kF32, {s.tokens, n * n});
  const Tensor out = k.tensor("out", s.type, {s.tokens, s.width()});
  Ring& post_ub = k.ring("post_ub", Mem::kUb, Type::kF32, {rows, n}, 2);
  Ring& comb_ub = k.ring("comb_ub", Mem::kUb, Type::kF32, {rows, n * n}, 2);
  Ring& in_ub = k.ring("in_ub", Mem::kUb, s.type, {rows, cols}, static_cast<int>(n + 1));
  Ring& out_ub = k.ring("out_ub", Mem::kUb, s.type, {rows, cols}, 2);
  const Tile layer = k.buffer("layer", Type::kF32, {rows, cols});
  std::vector<Tile> streams, sums;
  for (int64_t j = 0; j < n; ++j) streams.push_back(k.buffer("stream", Type::kF32, {rows, cols}));
  for (int64_t i = 0; i < kAtOnce; ++i) sums.push_back(k.buffer("sum", Type::kF32, {rows, cols}));

  // What is read is not wanted again: what is written stays in L2 in its place.
  const LoadOptions once{.hint = Hint::kStream};
  const auto one_piece = [&](Int task) {
    const auto [c, t] = k.split(task, pieces);
    const Int row = t * rows.capacity(), col = c * piece;
    rows.clip(s.tokens - row);
    cols.clip(s.dim - col);
    k.load(post_ub.push(), post.from(row, 0));
    k.load(comb_ub.push(), comb.from(row, 0));
    k.load(in_ub.push(), y.from(row, col), once);
    v.convert(layer, in_ub.pop());
    for (int64_t j = 0; j < n; ++j) {
      k.load(in_ub.push(), h.from(row, j * s.dim + col), once);
      v.convert(streams[static_cast<size_t>(j)], in_ub.pop());
    }
    k.use(post_ub.pop(), comb_ub.pop(), [&](Tile post_of, Tile comb_of) {
      for (int64_t i = 0; i < n; i += kAtOnce) {
        const auto each = [&](const auto& step) {
          for (int64_t o = i; o < std::min(n, i + kAtOnce); ++o)
            step(o, sums[static_cast<size_t>(o - i)]);
        };
        each([&](int64_t o, const Tile& sum) { v.mul(sum, layer, post_of.col(o)); });
        for (int64_t j = 0; j < n; ++j) {
          each([&](int64_t o, const Tile& sum) {
            v.fma(sum, streams[static_cast<size_t>(j)], comb_of.col(j * n + o), sum);
          });
        }
        each([&](int64_t o, const Tile& sum) {
          v.convert(out_ub.push(), sum);
          k.store(out.from(row, o * s.dim + col), out_ub.pop());
        });
      }
    });
  };
  k.tasks(detail::ceil_div(s.tokens, rows.capacity()) * pieces, one_piece, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
