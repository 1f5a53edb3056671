// Step 8: flash attention.
#include <algorithm>
#include <cmath>

#include "kernels/kit/kit.h"
#include "kernels/tutorial/steps.h"

namespace npu::tutorial {

using namespace types;

// A task is a tile of queries of one head. The cube core makes scores and partial outputs, the
// vector cores, rows shared out, keep maximum, sum and output of each row.
Program attention(const Limits& machine, const Attention& s) {
  Kernel k{"attention", machine};
  Vec& v = k.vec;
  const Int tokens = s.tokens;
  const Dim rows = k.dim("rows", s.tile), mine = k.share(rows), keys = k.dim("keys", s.tile);
  const Tensor q = k.tensor("q", f16, {tokens, s.heads * s.dim});
  const Tensor key = k.tensor("k", f16, {tokens, s.heads * s.dim});
  const Tensor value = k.tensor("v", f16, {tokens, s.heads * s.dim});
  const Tensor out = k.tensor("out", f16, {tokens, s.heads * s.dim});

  const int64_t wide = std::max(s.tile, s.dim);
  Ring& q_l1 = k.ring("q_l1", Mem::kL1, f16, {rows, s.dim}, 2);
  Ring& k_l1 = k.ring("k_l1", Mem::kL1, f16, {keys, s.dim}, 2);
  Ring& v_l1 = k.ring("v_l1", Mem::kL1, f16, {keys, s.dim}, 2);
  Ring& a_l0 = k.ring("a_l0", Mem::kL0A, f16, {rows, wide}, 2);
  Ring& b_l0 = k.ring("b_l0", Mem::kL0B, f16, {wide, wide}, 2);
  Ring& sums = k.ring("sums", Mem::kL0C, f32, {rows, wide}, 2);
  Link& scores = k.link("scores", Dir::kToVector, f32, {rows, keys});
  Link& probs = k.link("probs", Dir::kToCube, f16, {rows, keys});
  Link& parts = k.link("parts", Dir::kToVector, f32, {rows, s.dim});
  Ring& p_ub = k.ring("p_ub", Mem::kUb, f16, {mine, keys}, 1);
  Ring& decay = k.ring("decay", Mem::kUb, f32, {mine, 1}, s.skew + 1);
  Ring& o_ub = k.ring("o_ub", Mem::kUb, f16, {mine, s.dim}, 1);
  const Tile max = k.buffer("max", f32, {mine, 1}), sum = k.buffer("sum", f32, {mine, 1});
  const Tile top = k.buffer("top", f32, {mine, 1}), part = k.buffer("part", f32, {mine, 1});
  const Tile o = k.buffer("o", f32, {mine, s.dim});

  const auto multiply = [&](const Src& a, const Src& b) {
    k.feed(a_l0.push(), a);
    k.feed(b_l0.push(), b);
    k.mma(sums.push(), a_l0.pop(), b_l0.pop());
  };
  const auto one_tile = [&](const Int& head, const Int& m) {
    const Int first = m * s.tile;
    rows.clip(tokens - first);
    v.fill(max, kLowest);
    v.fill(sum, 0);
    v.fill(o, 0);
    // Cube: scores = q k^T / sqrt(dim).
    const auto score = [&](const Tile& query, const Int& j) {
      k.load(k_l1.push(), key.from(j * s.tile, head * s.dim));
      k.use(k_l1.pop(), [&](Tile kt) { multiply(query, kt.t()); });
      k.drain(scores.push(), sums.pop(), {.scale = 1 / std::sqrt(static_cast<float>(s.dim))});
    };
    // Vector: probabilities relative to the new maximum, and how much what there is must shrink.
    const auto weigh = [&](const Int& j) {
      k.use(scores.pop(), decay.push(), [&](Tile x, Tile shrink) {
        k.when(j == m, [&] { v.band(x, x, {}, kLowest); });  // keys after the query
        v.row_max(top, x);
        v.max(top, top, max);
        v.sub(shrink, max, top);
        v.exp(shrink, shrink);
        v.copy(max, top);
        v.sub(x, x, top);
        v.exp(x, x);
        v.row_sum(part, x);
        v.fma(sum, sum, shrink, part);
        v.convert(p_ub.push(), x);
        k.store(probs.push(), p_ub.pop());
      });
    };
    // Cube: partial output = probabilities v.
    const auto combine = [&](const Int& j) {
      k.load(v_l1.push(), value.from(j * s.tile, head * s.dim));
      multiply(probs.pop(), v_l1.pop());
      k.drain(parts.push(), sums.pop());
    };
    // Vector: output = output * shrink + partial output.
    const auto accumulate = [&](const Int&) {
      k.use(parts.pop(), decay.pop(), [&](Tile x, Tile shrink) { v.fma(o, o, shrink, x); });
    };
    k.load(q_l1.push(), q.from(first, head * s.dim));
    k.use(q_l1.pop(), [&](Tile query) {
      k.stages("j", min(tokens, first + s.tile), keys,
               {Stage{0, [&](Int j) { score(query, j); }}, Stage{0, weigh}, Stage{s.skew, combine},
                Stage{s.skew, accumulate}});
    });
    k.use(o_ub.push(), [&](Tile to) {
      v.div(o, o, sum);
      v.convert(to, o);
    });
    k.store(k.share(out.from(first, head * s.dim)), o_ub.pop());
  };
  k.tasks(s.heads * ceil_div(tokens, s.tile), [&](Int task) {
    const auto [head, m] = k.split(task, s.heads);
    one_tile(head, m);
  });
  return k.finish();
}

}  // namespace npu::tutorial
