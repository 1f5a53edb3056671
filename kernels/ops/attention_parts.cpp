#include "kernels/ops/attention_parts.h"

#include <algorithm>

#include "kernels/ops/tiling.h"

namespace npu::detail {

namespace {

int64_t merged_rows(const Limits& machine, const AttentionShape& s) {
  const int64_t each = ceil_div(s.tokens * s.heads, vector_cores(machine));
  return std::min({int64_t{8}, each, s.heads});
}

}  // namespace

int64_t attention_parts(const Limits& machine, int64_t tasks, int64_t key_tiles) {
  return std::min(std::max<int64_t>(1, machine.groups / tasks), key_tiles);
}

int64_t AttentionParts::bytes(const Limits& machine, const AttentionShape& s) {
  const int64_t columns = 6 * std::max(machine.ub_align, 32);
  return merged_rows(machine, s) * 4 * padded_row(machine, s.values(), Type::kF32) + columns;
}

AttentionParts::AttentionParts(Kernel& k, const AttentionShape& s, const AttentionCore& core,
                               int64_t parts)
    : k_(k),
      shape_(s),
      core_(core),
      parts_(parts),
      most_(merged_rows(k.machine(), s)),
      maxima_(k.workspace("maxima", Type::kF32, {parts, s.tokens * s.heads, 1}, Per::kChip)),
      sums_(k.workspace("sums", Type::kF32, {parts, s.tokens * s.heads, 1}, Per::kChip)),
      outputs_(
          k.workspace("outputs", Type::kF32, {parts, s.tokens * s.heads, s.values()}, Per::kChip)),
      max_ub_(k.ring("max_ub", Mem::kUb, Type::kF32, {core.mine, 1}, 1)),
      sum_ub_(k.ring("sum_ub", Mem::kUb, Type::kF32, {core.mine, 1}, 1)),
      out_ub_(k.ring("out_ub", Mem::kUb, Type::kF32, {core.mine, s.values()}, 1)),
      rows_(k.dim("merged_rows", most_)),
      part_max_(k.ring("part_max_ub", Mem::kUb, Type::kF32, {rows_, 1}, 1)),
      part_sum_(k.ring("part_sum_ub", Mem::kUb, Type::kF32, {rows_, 1}, 1)),
      part_output_(k.ring("part_output_ub", Mem::kUb, Type::kF32, {rows_, s.values()}, 2)),
      max_(k.buffer("merged_max", Type::kF32, {rows_, 1})),
      top_(k.buffer("merged_top", Type::kF32, {rows_, 1})),
      sum_(k.buffer("merged_sum", Type::kF32, {rows_, 1})),
      output_(k.buffer("merged_output", Type::kF32, {rows_, s.values()})) {}

void AttentionParts::store(const Int& part, const Int& row) {
  k_.vec.copy(max_ub_.push(), core_.max);
  k_.vec.copy(sum_ub_.push(), core_.sum);
  k_.vec.copy(out_ub_.push(), core_.output);
  k_.store(k_.share(maxima_[part].from(row, 0)), max_ub_.pop());
  k_.store(k_.share(sums_[part].from(row, 0)), sum_ub_.pop());
  k_.store(k_.share(outputs_[part].from(row, 0)), out_ub_.pop());
}

// Every part has shrunk by exp(maximum - new maximum). A sink is a part with sum 1 and no output.
void AttentionParts::merge(const Tensor& out, const Tensor* sink) {
  Vec& v = k_.vec;
  const AttentionShape& s = shape_;
  Ring& merged = k_.ring("merged_ub", Mem::kUb, s.type, {rows_, s.values()}, 1);
  Ring* sink_ub =
      sink == nullptr ? nullptr : &k_.ring("sink_ub", Mem::kUb, Type::kF32, {rows_, 1}, 1);
  const int64_t blocks = ceil_div(s.heads, most_);
  const auto some_rows = [&](Int task) {
    const auto [block, token] = k_.split(task, blocks);
    const Int head = block * most_, row = token * s.heads + head;
    rows_.clip(s.heads - head);
    if (sink_ub != nullptr) {
      k_.load(sink_ub->push(), sink->from(head, 0));
      v.copy(max_, sink_ub->pop());
    } else {
      v.fill(max_, kLowest);
    }
    v.fill(sum_, sink_ub != nullptr ? 1 : 0);
    v.fill(output_, 0);
    k_.loop("part", parts_, [&](Int part) {
      add(maxima_[part].from(row, 0), sums_[part].from(row, 0), outputs_[part].from(row, 0));
    });
    v.max(sum_, sum_, kSmallestSum);
    v.div(output_, output_, sum_);
    v.convert(merged.push(), output_);
    k_.store(out.from(row, 0), merged.pop());
  };
  k_.tasks(blocks * s.tokens, some_rows, {.per = Per::kVector});
}

void AttentionParts::add(const View& maxima, const View& sums, const View& outputs) {
  Vec& v = k_.vec;
  k_.load(part_max_.push(), maxima);
  k_.load(part_sum_.push(), sums);
  k_.load(part_output_.push(), outputs);
  k_.use(part_max_.pop(), part_sum_.pop(), part_output_.pop(),
         [&](Tile max, Tile sum, Tile output) {
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

}  // namespace npu::detail
