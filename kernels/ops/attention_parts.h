// Split-KV: the keys of a query dealt to several groups. Each leaves maximum, sum and output of its
// part in a workspace; after a barrier the vector cores merge the parts. Private to kernels/ops.
#pragma once

#include <cstdint>

#include "kernels/ops/attention_core.h"

namespace npu::detail {

// Parts that give every group something to do where `tasks` do not, at most one a tile of keys.
int64_t attention_parts(const Limits& machine, int64_t tasks, int64_t key_tiles);

class AttentionParts {
 public:
  // Bytes of UB that merging needs.
  static int64_t bytes(const Limits& machine, const AttentionShape& shape);

  // Query rows are numbered token * heads + head.
  AttentionParts(Kernel& kernel, const AttentionShape& shape, const AttentionCore& core,
                 int64_t parts);

  // What the core holds after attend, of query rows from `row` on.
  void store(const Int& part, const Int& row);
  // Everything, once all parts are stored: out (tokens * heads, value_dim); sink (heads, 1) f32
  // takes its share of the denominators, or is null.
  void merge(const Tensor& out, const Tensor* sink);

 private:
  void add(const View& maxima, const View& sums, const View& outputs);

  Kernel& k_;
  const AttentionShape shape_;
  const AttentionCore& core_;
  const int64_t parts_, most_;  // rows that one vector core merges at a time
  const Tensor maxima_, sums_, outputs_;
  Ring &max_ub_, &sum_ub_, &out_ub_;
  const Dim rows_;
  Ring &part_max_, &part_sum_, &part_output_;
  const Tile max_, top_, sum_, output_;
};

}  // namespace npu::detail
