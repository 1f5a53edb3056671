// The rows of a key-value cache that sparse attention's lists name: rows of one type, or packed
// ones, whose first channels are codes with a scale a group, made plain in GM before they are
// attended to. Private to kernels/ops.
#pragma once

#include <optional>

#include "kernels/kit/kit.h"
#include "kernels/ops/sparse_attention.h"

namespace npu::detail {

class ListedRows {
 public:
  // Declares the cache's tensors, arguments of the kernel.
  ListedRows(Kernel& kernel, const SparseAttentionShape& shape);

  // Bytes of UB that unpack() takes beside what else the kernel has there.
  static int64_t bytes(const Limits& machine, const SparseAttentionShape& shape);

  // Ends with a barrier where anything had to be made. Once, before tile().
  void unpack(const Tensor& lists, const Int& listed);

  // The rows that the token names at `at` and after it, zeros where it names none.
  View tile(const Tensor& lists, const Int& token, const Int& at) const;

 private:
  bool whole_cache() const;  // fewer rows to unpack than the tokens name together

  Kernel& k_;
  const SparseAttentionShape shape_;
  std::optional<Tensor> codes_, scales_, rest_;
  Tensor rows_;
};

}  // namespace npu::detail
