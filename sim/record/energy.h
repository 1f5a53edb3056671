// Where the energy of a run went, from its record and the machine's table of energies.
#pragma once

#include <string>
#include <vector>

#include "sim/config/machine.h"
#include "sim/record/record.h"

namespace npu {

struct EnergyPart {
  std::string part;  // "cube f16", "vector", "L2", "HBM", "links", "static"
  double joules = 0;
};

// The parts that took any, in that order. What the table does not count: instruction issue, the
// moves between a core's own memories.
std::vector<EnergyPart> energy_of(const RunRecord& record, const MachineConfig& machine);

}  // namespace npu
