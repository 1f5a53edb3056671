#include "kernels/ops/attention.h"
#include "kernels/ops/attention_core.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// Merges the parts of query heads, one part after another: each has its maximum, its sum and its
// output, which shrink by exp(maximum - new maximum).
class Merge {
 public:
  Merge(Kernel& k, const AttentionShape& s, int64_t most)
      : heads(k.dim("merged_heads", most)),
        k_(k),
        max_ub_(k.ring("part_max_ub", Mem::kUb, Type::kF32, {heads, 1}, 1)),
        sum_ub_(k.ring("part_sum_ub", Mem::kUb, Type::kF32, {heads, 1}, 1)),
        output_ub_(k.ring("part_output_ub", Mem::kUb, Type::kF32, {heads, s.head_dim}, 2)),
        merged_ub_(k.ring("merged_ub", Mem::kUb, s.type, {heads, s.head_dim}, 1)),
        max_(k.buffer("merged_max", Type::kF32, {heads, 1})),
        top_(k.buffer("merged_top", Type::kF32, {heads, 1})),
        sum_(k.buffer("merged_sum", Type::kF32, {heads, 1})),
        output_(k.buffer("merged_output", Type::kF32, {heads, s.head_dim})) {}

  void begin() {
    k_.vec.fill(max_, kLowest);
    k_.vec.fill(sum_, 0);
    k_.vec.fill(output_, 0);
  }

  void add(const View& maxima, const View& sums, const View& outputs) {
    Vec& v = k_.vec;
    k_.load(max_ub_.push(), maxima);
    k_.load(sum_ub_.push(), sums);
    k_.load(output_ub_.push(), outputs);
    k_.use(max_ub_.pop(), sum_ub_.pop(), output_ub_.pop(), [&](Tile max, Tile sum, Tile output) {
      v.max(top_, max_, max);
      v.sub(max_, max_, top_);
      v.exp(max_, max_);
      v.mul(sum_, sum_, max_);
      v.mul(output_, output_, max_);
      v.sub(max, max, top_);
      v.exp(max, max);
      v.fma(sum_, sum, max, sum_);
      v.fma(output_, output, max, output_);
      v.copy(max_, top_);
    });
  }

  void end(const View& out) {
    k_.vec.div(output_, output_, sum_);
    k_.vec.convert(merged_ub_.push(), output_);
    k_.store(out, merged_ub_.pop());
  }

  const Dim heads;

 private:
  Kernel& k_;
  Ring &max_ub_, &sum_ub_, &output_ub_, &merged_ub_;
  const Tile max_, top_, sum_, output_;
};

// Heads that one vector core merges at a time, and the bytes of UB that takes for one head.
int64_t merged_heads(const Limits& machine, const AttentionShape& s) {
  return std::min<int64_t>(8, detail::ceil_div(s.tokens * s.heads, detail::vector_cores(machine)));
}
int64_t merge_bytes(const Limits& machine, const AttentionShape& s) {
  const int64_t columns = 5 * std::max(machine.ub_align, 32);
  const int64_t row = detail::padded_row(machine, s.head_dim, Type::kF32);
  return merged_heads(machine, s) * 4 * row + columns;
}

}  // namespace

// A task is one part of the keys of one key head for the query heads that share it. The parts of a
// query head lie side by side in the workspace and are merged after a barrier.
Program decode_attention(const Limits& machine, const AttentionShape& s) {
  s.check(machine);
  const detail::AttentionTiling t =
      detail::attention_tiling(machine, s, s.group(), merge_bytes(machine, s));
  const int64_t blocks = detail::ceil_div(s.group(), t.rows);  // of query heads of a key head
  const int64_t spare = std::max<int64_t>(1, machine.groups / (s.tokens * s.kv_heads * blocks));
  const int64_t parts = std::min(spare, detail::ceil_div(s.capacity, t.keys));

  Kernel k{"decode_attention", machine};
  const int64_t d = s.head_dim, all_heads = s.tokens * s.heads;
  const Tensor q = k.tensor("q", s.type, {all_heads, d});
  const Tensor key = k.tensor("k", s.type, {s.tokens * s.capacity, s.kv_heads * d});
  const Tensor value = k.tensor("v", s.type, {s.tokens * s.capacity, s.kv_heads * d});
  const Tensor out = k.tensor("out", s.type, {all_heads, d});
  const Int keys = k.arg("keys");
  const Tensor maxima = k.workspace("maxima", Type::kF32, {parts, all_heads, 1}, Per::kChip);
  const Tensor sums = k.workspace("sums", Type::kF32, {parts, all_heads, 1}, Per::kChip);
  const Tensor outputs = k.workspace("outputs", Type::kF32, {parts, all_heads, d}, Per::kChip);
  detail::AttentionCore core(k, s, t);
  Ring& max_ub = k.ring("max_ub", Mem::kUb, Type::kF32, {core.mine, 1}, 1);
  Ring& sum_ub = k.ring("sum_ub", Mem::kUb, Type::kF32, {core.mine, 1}, 1);
  Ring& out_ub = k.ring("out_ub", Mem::kUb, Type::kF32, {core.mine, d}, 1);

  const Int span = round_up(ceil_div(keys, parts), t.keys);
  k.tasks(s.tokens * s.kv_heads * blocks * parts, [&](Int task) {
    const auto [part, block, head, sequence] = k.split(task, parts, blocks, s.kv_heads);
    const Int query = sequence * s.heads + head * s.group() + block * t.rows;
    const Int first = sequence * s.capacity + part * span;
    core.rows.clip(s.group() - block * t.rows);
    core.attend(q.from(query, 0),
                {.count = max(0, min(span, keys - part * span)),
                 .key = [&, first = first,
                         head = head](Int j) { return key.from(first + j * t.keys, head * d); },
                 .value = [&, first = first, head = head](
                              Int j) { return value.from(first + j * t.keys, head * d); }});
    k.vec.copy(max_ub.push(), core.max);
    k.vec.copy(sum_ub.push(), core.sum);
    k.vec.copy(out_ub.push(), core.output);
    k.store(k.share(maxima[part].from(query, 0)), max_ub.pop());
    k.store(k.share(sums[part].from(query, 0)), sum_ub.pop());
    k.store(k.share(outputs[part].from(query, 0)), out_ub.pop());
  });
  k.barrier();

  const int64_t most = merged_heads(machine, s);
  Merge merge(k, s, most);
  const auto some_heads = [&](Int block) {
    const Int head = block * most;
    merge.heads.clip(all_heads - head);
    merge.begin();
    k.loop("part", parts, [&](Int part) {
      merge.add(maxima[part].from(head, 0), sums[part].from(head, 0), outputs[part].from(head, 0));
    });
    merge.end(out.from(head, 0));
  };
  k.tasks(detail::ceil_div(all_heads, most), some_heads, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
