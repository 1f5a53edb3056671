// The folder configs/ that comes with npukit.
#pragma once

#include <string>

namespace npu {

// Where a file or folder of configs/ lies: below $NPU_CONFIGS, or where the sources or the
// installation put it. Throws InputError if it is nowhere.
std::string configs_path(const std::string& name);

}  // namespace npu
