// The least that prefill attention costs as its kernel does it: what each resource of the chip has
// to do, counted from the tiles. No latency, no waiting: the kernel's own roofline.
#pragma once

#include <cstdint>

#include "isa/limits/limits.h"
#include "kernels/ops/attention.h"

namespace npu {

struct AttentionCost {
  double cube = 0, vector = 0, l2 = 0, hbm = 0;  // cycles, all groups at work alike

  double cycles() const;      // the largest
  const char* bound() const;  // its name
};

// flash_attention of one sequence with so many keys before its first query, from a cold L2 that
// holds what is used again.
AttentionCost prefill_cost(const Limits& machine, const AttentionShape& shape, int64_t past);

}  // namespace npu
