// One operator of the catalog on a device: allocate its arguments, fill them, launch, read back
// what it wrote.
#pragma once

#include <memory>
#include <vector>

#include "kernels/ops/catalog.h"
#include "runtime/device/device.h"

namespace npu {

// `arguments` come from Operator::arguments; in a run with numbers the contents of its outputs are
// replaced by what the kernel wrote. All memory is given back. Throws InputError if the machine's
// memory is too small.
RunResult run_operator(Device& device, std::shared_ptr<const Program> program,
                       std::vector<OperatorArgument>& arguments, const RunOptions& options = {});

}  // namespace npu
