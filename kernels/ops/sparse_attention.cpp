#include "kernels/ops/sparse_attention.h"

#include "kernels/ops/attention_parts.h"
#include "kernels/ops/listed_rows.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

AttentionShape SparseAttentionShape::attention() const {
  AttentionShape s;
  s.tokens = tokens;
  s.heads = heads;
  s.kv_heads = 1;
  s.head_dim = head_dim;
  s.capacity = rows;
  s.type = type;
  s.scale = scale;
  s.shared = true;
  return s;
}

void SparseAttentionShape::check(const Limits& machine) const {
  attention().check(machine);
  detail::ShapeCheck check("sparse_attention", machine);
  check.dimension("width", width);
  check.require(packed >= 0 && packed <= head_dim && packed % kPackedGroup == 0,
                "packed must be a multiple of 64, at most head_dim");
  check.require(packed == 0 || head_dim - packed != 1,
                "one channel beside the packed ones is not supported: pack all or leave two");
  check.done();
}

// A task is a tile of heads of one token, and a part of its list where tokens are few.
Program sparse_attention(const Limits& machine, const SparseAttentionShape& s) {
  s.check(machine);
  const AttentionShape a = s.attention();
  constexpr int64_t kLargestTile = 128, kListBytes = 16;  // of UB for each key: list and penalty
  const int64_t reserved = detail::AttentionParts::bytes(machine, a) +
                           detail::ListedRows::bytes(machine, s) + kLargestTile * kListBytes;
  const detail::AttentionTiling t =
      detail::attention_tiling(machine, a, {.rows = s.heads, .reserved = reserved});
  const int64_t blocks = detail::ceil_div(s.heads, t.rows);
  const int64_t parts =
      detail::attention_parts(machine, s.tokens * blocks, detail::ceil_div(s.width, t.keys));

  Kernel k{"sparse_attention", machine};
  Vec& v = k.vec;
  const Tensor q = k.tensor("q", s.type, {s.tokens * s.heads, s.head_dim});
  detail::ListedRows kv(k, s);
  const Tensor lists = k.tensor("lists", Type::kI32, {s.tokens, s.width});
  const Tensor sink = k.tensor("sink", Type::kF32, {s.heads, 1});
  const Tensor out = k.tensor("out", s.type, {s.tokens * s.heads, s.head_dim});
  const Int listed = k.arg("listed");
  detail::AttentionCore core(k, a, t);
  Ring& list_ub = k.ring("list_ub", Mem::kUb, Type::kI32, {1, core.keys}, 2);
  kv.unpack(lists, listed);
  const Tile skipped = k.buffer("skipped", Type::kI32, {1, core.keys});
  const Tile penalty = k.buffer("penalty", Type::kF32, {1, core.keys});

  const Int span = round_up(ceil_div(listed, parts), t.keys);
  const auto attend = [&](const Int& token, const Int& head, const Int& part) {
    const Int first = part * span;
    core.rows.clip(s.heads - head);
    core.attend(
        q.from(token * s.heads + head, 0),
        {.count = max(0, min(span, listed - first)),
         .load_key = [&](const Tile& slot,
                         const Int& n) { k.load(slot, kv.tile(lists, token, first + n)); },
         .prepare =
             [&](const Int& j) {  // a skipped row is zeros, and its scores are driven out of sight
               k.load(list_ub.push(), lists.from(token, first + j * t.keys));
               v.min(skipped, list_ub.pop(), 0);
               v.convert(penalty, skipped);
               v.mul(penalty, penalty, -kLowest);
             },
         .mask = [&](const Tile& scores, const Int&) { v.add(scores, scores, penalty); }});
  };

  if (parts > 1) {
    detail::AttentionParts partial(k, a, core, parts);
    k.tasks(s.tokens * blocks * parts, [&](Int task) {
      const auto [part, block, token] = k.split(task, parts, blocks);
      attend(token, block * t.rows, part);
      partial.store(part, token * s.heads + block * t.rows);
    });
    k.barrier();
    partial.merge(out, &sink);
    return k.finish();
  }
  Ring& sink_ub = k.ring("sink_ub", Mem::kUb, Type::kF32, {core.mine, 1}, 1);
  Ring& out_ub = k.ring("out_ub", Mem::kUb, s.type, {core.mine, s.head_dim}, 1);
  k.tasks(s.tokens * blocks, [&](Int task) {
    const auto [block, token] = k.split(task, blocks);
    const Int head = block * t.rows;
    attend(token, head, 0);
    k.load(sink_ub.push(), k.share(sink.from(head, 0)));
    k.use(sink_ub.pop(), [&](Tile share) { core.add_sink(share); });
    core.divide();
    v.convert(out_ub.push(), core.output);
    k.store(k.share(out.from(token * s.heads + head, 0)), out_ub.pop());
  });
  return k.finish();
}

}  // namespace npu
