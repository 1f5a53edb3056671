#include "kernels/ops/attention.h"
#include "kernels/ops/attention_core.h"
#include "kernels/ops/tiling.h"

namespace npu {

// A task is a tile of query tokens of one head.
Program flash_attention(const Limits& machine, const AttentionShape& s) {
  s.check(machine);
  const detail::AttentionTiling t = detail::attention_tiling(machine, s, s.tokens, 0);

  Kernel k{"flash_attention", machine};
  const int64_t d = s.head_dim;
  const Tensor q = k.tensor("q", s.type, {s.tokens, s.heads * d});
  const Tensor key = k.tensor("k", s.type, {s.capacity, s.kv_heads * d});
  const Tensor value = k.tensor("v", s.type, {s.capacity, s.kv_heads * d});
  const Tensor out = k.tensor("out", s.type, {s.tokens, s.heads * d});
  const Int past = k.arg("past");
  detail::AttentionCore core(k, s, t);
  Ring& out_ub = k.ring("out_ub", Mem::kUb, s.type, {core.mine, d}, 1);

  k.tasks(s.heads * detail::ceil_div(s.tokens, t.rows), [&](Int task) {
    const auto [head, m] = k.split(task, s.heads);
    const Int first = m * t.rows, col = head / s.group() * d;
    core.rows.clip(s.tokens - first);
    core.attend(
        q.from(first, head * d),
        {.count = past + min(s.tokens, first + t.rows),
         .load_key = [&, col = col](const Tile& slot,
                                    const Int& j) { k.load(slot, key.from(j * t.keys, col)); },
         .load_value = [&, col = col](const Tile& slot,
                                      const Int& j) { k.load(slot, value.from(j * t.keys, col)); },
         .mask =
             [&, first = first](const Tile& x, const Int& j) {
               const Int seen = past + first - j * t.keys;  // by row 0 of the tile
               k.when(seen < t.keys - 1, [&] { k.vec.band(x, x, {.diagonal = seen}, kLowest); });
             }});
    k.use(out_ub.push(), [&](Tile o) {
      core.divide();
      k.vec.convert(o, core.output);
    });
    k.store(k.share(out.from(first, head * d)), out_ub.pop());
  });
  return k.finish();
}

}  // namespace npu
