// Rotary embedding of heads that turn whole, row by row of x. Private to kernels/ops.
#pragma once

#include "kernels/ops/rope.h"

namespace npu::detail {

// Whether every channel turns and half a head is whole words of UB.
bool turns_whole_rows(const Limits& machine, const RopeShape& shape);

Program rope_rows(const Limits& machine, const RopeShape& shape);

}  // namespace npu::detail
