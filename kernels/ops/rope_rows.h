// Rotary embedding by whole rows of x. Private to kernels/ops.
#pragma once

#include "kernels/ops/rope.h"

namespace npu::detail {

// Whether the parts of a head are whole words of UB, which has room for one.
bool fits_whole_rows(const Limits& machine, const RopeShape& shape);

Program rope_rows(const Limits& machine, const RopeShape& shape);

}  // namespace npu::detail
