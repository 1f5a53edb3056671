#include "kernels/ops/embedding.h"

namespace npu {

Expected embedding_reference(const EmbeddingShape& shape, std::span<const double> table,
                             std::span<const double> ids) {
  const size_t cols = static_cast<size_t>(shape.cols);
  Expected expected;
  for (const double id : ids) {
    for (size_t c = 0; c < cols; ++c) {
      expected.want.push_back(id < 0 ? 0 : table[static_cast<size_t>(id) * cols + c]);
    }
  }
  expected.bound.resize(expected.want.size());
  return expected;
}

}  // namespace npu
