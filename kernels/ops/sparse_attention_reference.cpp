#include "kernels/ops/attention_reference.h"
#include "kernels/ops/sparse_attention.h"

namespace npu {

Expected sparse_attention_reference(const SparseAttentionShape& shape, std::span<const double> q,
                                    std::span<const double> kv, std::span<const double> lists,
                                    std::span<const double> sink, int64_t listed) {
  const AttentionShape attention = shape.attention();
  const size_t dim = static_cast<size_t>(shape.head_dim), heads = static_cast<size_t>(shape.heads),
               width = static_cast<size_t>(shape.width);
  Expected expected;
  for (size_t token = 0; token < static_cast<size_t>(shape.tokens); ++token) {
    std::vector<const double*> rows;
    for (size_t i = 0; i < static_cast<size_t>(listed); ++i) {
      const double row = lists[token * width + i];
      if (row >= 0) rows.push_back(kv.data() + static_cast<size_t>(row) * dim);
    }
    for (size_t head = 0; head < heads; ++head) {
      detail::attend_reference(attention, q.data() + (token * heads + head) * dim, rows, rows,
                               sink[head], expected);
    }
  }
  return expected;
}

}  // namespace npu
