// A machine as a data sheet: what follows from its fields, and the fields with units and sources.
#pragma once

#include <string>

#include "sim/config/machine.h"

namespace npu {

// Peaks by type, buffers, memory rates, the ratios between them, links and launch, as text lines.
std::string machine_sheet(const MachineConfig& machine);

}  // namespace npu
