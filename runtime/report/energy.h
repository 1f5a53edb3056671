// The energy of a run in one line.
#pragma once

#include <string>
#include <vector>

#include "sim/record/energy.h"

namespace npu {

// "1.234 mJ, 81.2 W: HBM 40.1 %, static 30.0 %, ..." with the largest parts first.
std::string energy_text(std::vector<EnergyPart> parts, double seconds);

}  // namespace npu
