// The tiles of hc_pre and hc_head. Private to kernels/ops.
#pragma once

#include <cstdint>

#include "isa/limits/limits.h"
#include "kernels/ops/hyper_connection.h"

namespace npu::detail {

struct MixtureTiling {
  static constexpr int64_t kMostTokens = 32;  // of a vector core at a time

  int64_t mine = 0;   // tokens of a vector core
  int64_t piece = 0;  // channels of a stream at a time
  int64_t step = 0;   // of them in one mma
};

// As many tokens as a vector core would get of all, within the tile asked for, and pieces as wide
// as UB and L1 then hold. InputError where no tile fits.
MixtureTiling choose_mixture(const Limits& machine, const HyperShape& shape, int64_t mixes);

}  // namespace npu::detail
