#include "kernels/ops/attention.h"
#include "kernels/ops/attention_parts.h"
#include "kernels/ops/tiling.h"

namespace npu {

// A task is one part of the keys of one key head for the query heads that share it. The parts of a
// query head lie side by side in the workspace and are merged after a barrier.
Program decode_attention(const Limits& machine, const AttentionShape& s) {
  s.check(machine);
  const detail::AttentionTiling t =
      detail::attention_tiling(machine, s, s.group(), detail::AttentionParts::bytes(machine, s));
  const int64_t blocks = detail::ceil_div(s.group(), t.rows);  // of query heads of a key head
  const int64_t parts = detail::attention_parts(machine, s.tokens * s.kv_heads * blocks,
                                                detail::ceil_div(s.capacity, t.keys));

  Kernel k{"decode_attention", machine};
  const int64_t d = s.head_dim, all_heads = s.tokens * s.heads;
  const Tensor q = k.tensor("q", s.type, {all_heads, d});
  const Tensor key = k.tensor("k", s.type, {s.tokens * s.capacity, s.kv_heads * d});
  const Tensor value = k.tensor("v", s.type, {s.tokens * s.capacity, s.kv_heads * d});
  const Tensor out = k.tensor("out", s.type, {all_heads, d});
  const Int keys = k.arg("keys");
  detail::AttentionCore core(k, s, t);
  detail::AttentionParts partial(k, s, core, parts);

  const Int span = round_up(ceil_div(keys, parts), t.keys);
  k.tasks(s.tokens * s.kv_heads * blocks * parts, [&](Int task) {
    const auto [part, block, head, sequence] = k.split(task, parts, blocks, s.kv_heads);
    const Int query = sequence * s.heads + head * s.group() + block * t.rows;
    const Int first = sequence * s.capacity + part * span;
    core.rows.clip(s.group() - block * t.rows);
    core.attend(q.from(query, 0),
                {.count = max(0, min(span, keys - part * span)),
                 .load_key = [&, first = first, col = head * d](
                                 const Tile& slot,
                                 const Int& j) { k.load(slot, key.from(first + j * t.keys, col)); },
                 .load_value =
                     [&, first = first, col = head * d](const Tile& slot, const Int& j) {
                       k.load(slot, value.from(first + j * t.keys, col));
                     }});
    partial.store(part, query);
  });
  k.barrier();
  partial.merge(out, nullptr);
  return k.finish();
}

}  // namespace npu
