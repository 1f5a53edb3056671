// The two ladders as npu run takes them: every number that a step changes is an option.
#pragma once

#include <vector>

#include "kernels/ops/catalog.h"

namespace npu::tutorial {

// "tutorial/add_ladder" and "tutorial/matmul_ladder".
const std::vector<Operator>& ladders();

}  // namespace npu::tutorial
