// One query of one head against the keys it sees, in double: what the references of all attention
// kernels are made of. Private to kernels/ops.
#pragma once

#include <optional>
#include <vector>

#include "kernels/ops/attention.h"

namespace npu::detail {

// Appends value_dim elements, 0 where there is no key. `keys` and `values` point to rows. Scores
// are off by scale * gamma_{head_dim + 2} |q| |k|, which moves a probability by that factor, as do
// the rounding of probabilities to the type of v and the sums.
void attend_reference(const AttentionShape& shape, const double* q,
                      const std::vector<const double*>& keys,
                      const std::vector<const double*>& values, std::optional<double> sink,
                      Expected& expected);

}  // namespace npu::detail
