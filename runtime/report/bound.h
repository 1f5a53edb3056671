// What a run was bound by: of everything on the machine that can be full, the fullest.
#pragma once

#include <string>
#include <vector>

#include "sim/config/machine.h"
#include "sim/record/record.h"

namespace npu {

struct Use {
  std::string resource;  // "cube", "HBM", "L2", "vector", ...
  double share = 0;      // of what it could have done in the run's cycles
};

// Every resource with its share, the fullest first. HBM, L2 and the cubes' peak are shares of the
// whole chip; the other units are those of the busiest core.
std::vector<Use> resource_use(const RunRecord& record, const MachineConfig& machine);

// "HBM 91 %", or "latency (HBM 31 %)" where nothing was full for half of the time.
std::string bound_text(const std::vector<Use>& uses);

}  // namespace npu
