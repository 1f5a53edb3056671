#include <algorithm>
#include <functional>

#include "kernels/ops/attention.h"
#include "kernels/ops/attention_parts.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// Sequence s has `count(s)` keys; load_key and load_value bring the tile that begins at one of
// them.
struct Cache {
  using Loader =
      std::function<void(const Tile& slot, const Int& sequence, const Int& first, const Int& head)>;
  std::function<Int(const Int& sequence)> count;
  Loader load_key, load_value;
};

// Head blocks of a tile, and parts that the keys of a sequence are cut into.
struct Split {
  Split(const Limits& machine, const AttentionShape& s)
      : tiling(detail::attention_tiling(
            machine, s,
            {.rows = s.group(), .reserved = detail::AttentionParts::bytes(machine, s)})),
        blocks(detail::ceil_div(s.group(), tiling.rows)),
        parts(detail::attention_parts(machine, s.tokens * s.kv_heads * blocks,
                                      detail::ceil_div(s.capacity, tiling.keys))) {}
  detail::AttentionTiling tiling;
  int64_t blocks, parts;
};

// A task is one part of the keys of one key head for the query heads that share it. The parts of a
// query head lie side by side in the workspace and are merged after a barrier.
void decode(Kernel& k, const AttentionShape& s, const Split& split, const Tensor& q,
            const Tensor& out, const Cache& cache) {
  detail::AttentionCore core(k, s, split.tiling);
  detail::AttentionParts partial(k, s, core, split.parts);
  const int64_t tile = split.tiling.keys;
  k.tasks(s.tokens * s.kv_heads * split.blocks * split.parts, [&](Int task) {
    const auto [part, block, head_number, number] =
        k.split(task, split.parts, split.blocks, s.kv_heads);
    const Int head = head_number,
              sequence = number;  // NOTE: clang 14 captures no structured binding
    const Int keys = cache.count(sequence);
    const Int span = round_up(ceil_div(keys, split.parts), tile), first = part * span;
    const Int query = sequence * s.heads + head * s.group() + block * split.tiling.rows;
    core.rows.clip(s.group() - block * split.tiling.rows);
    core.attend(
        q.from(query, 0),
        {.count = max(0, min(span, keys - first)),
         .load_key = [&](const Tile& slot,
                         const Int& n) { cache.load_key(slot, sequence, first + n, head); },
         .load_value = [&](const Tile& slot,
                           const Int& n) { cache.load_value(slot, sequence, first + n, head); }});
    partial.store(part, query);
  });
  k.barrier();
  partial.merge(out, nullptr);
}

}  // namespace

Program decode_attention(const Limits& machine, const AttentionShape& s) {
  s.check(machine);
  const Split split(machine, s);
  Kernel k{"decode_attention", machine};
  const int64_t d = s.head_dim, all_heads = s.tokens * s.heads;
  const Tensor q = k.tensor("q", s.type, {all_heads, d});
  const Tensor key = k.tensor("k", s.type, {s.tokens * s.capacity, s.kv_heads * d});
  const Tensor value = k.tensor("v", s.type, {s.tokens * s.capacity, s.kv_heads * d});
  const Tensor out = k.tensor("out", s.type, {all_heads, d});
  const Int keys = k.arg("keys");
  const auto loader = [&](const Tensor& from) {
    return [&k, &s, d, from](const Tile& slot, const Int& sequence, const Int& first,
                             const Int& head) {
      k.load(slot, from.from(sequence * s.capacity + first, head * d));
    };
  };
  decode(k, s, split, q, out, {[&](const Int&) { return keys; }, loader(key), loader(value)});
  return k.finish();
}

// A tile of keys is several pages, or part of one.
Program paged_attention(const Limits& machine, const AttentionShape& s) {
  s.check(machine);
  const Split split(machine, s);
  const int64_t d = s.head_dim, all_heads = s.tokens * s.heads, tile = split.tiling.keys;
  s.check_pages(machine, tile);
  Kernel k{"paged_attention", machine};
  const Tensor q = k.tensor("q", s.type, {all_heads, d});
  const Tensor key = k.tensor("k", s.type, {s.pages * s.page, s.kv_heads * d});
  const Tensor value = k.tensor("v", s.type, {s.pages * s.page, s.kv_heads * d});
  const Tensor tables =
      k.tensor("tables", Type::kI32, {s.tokens, detail::ceil_div(s.capacity, s.page)});
  const Tensor lengths = k.tensor("lengths", Type::kI32, {s.tokens});
  const Tensor out = k.tensor("out", s.type, {all_heads, d});
  const auto loader = [&](const Tensor& from) {
    return [&k, &s, d, from, tables, tile](const Tile& slot, const Int& sequence, const Int& first,
                                           const Int& head) {
      const int64_t piece = std::min(s.page, tile);
      k.loop("page", ceil_div(slot.row_count(), piece), [&](Int i) {
        const Int at = first + i * piece;
        const Int page = k.read(tables.at(sequence, at / s.page));
        k.load(slot.rows(i, piece), from.from(page * s.page + at % s.page, head * d));
      });
    };
  };
  decode(k, s, split, q, out,
         {[&](const Int& sequence) -> Int { return k.read(lengths.at(sequence)); }, loader(key),
          loader(value)});
  return k.finish();
}

// Absorbed: all heads share one row a token, whose first channels are the value.
Program mla_decode(const Limits& machine, const AttentionShape& shape) {
  AttentionShape s = shape;
  s.shared = true;
  s.kv_heads = 1;
  s.check_mla(machine);
  const Split split(machine, s);
  Kernel k{"mla_decode", machine};
  const int64_t all_heads = s.tokens * s.heads;
  const Tensor q = k.tensor("q", s.type, {all_heads, s.head_dim});
  const Tensor cache = k.tensor("cache", s.type, {s.tokens * s.capacity, s.head_dim});
  const Tensor out = k.tensor("out", s.type, {all_heads, s.values()});
  const Int keys = k.arg("keys");
  const auto load = [&](const Tile& slot, const Int& sequence, const Int& first, const Int&) {
    k.load(slot, cache.from(sequence * s.capacity + first, 0));
  };
  decode(k, s, split, q, out, {[&](const Int&) { return keys; }, load, nullptr});
  return k.finish();
}

}  // namespace npu
