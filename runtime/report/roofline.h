// The least time a kernel could take on a machine whose L2 is cold: its multiply-adds at the cubes'
// peak, what it reads at HBM's rate, or all its bytes at L2's. Stores are complete in L2, so only
// what L2 cannot hold of them goes to HBM within the run.
#pragma once

#include <string>

#include "kernels/ops/catalog.h"
#include "sim/config/machine.h"

namespace npu {

struct Roofline {
  double cycles = 0;     // of whichever is slower
  std::string resource;  // "cube", "HBM" or "L2"
};

// Multiply-adds a cycle of all cubes of a chip for operands of a type; 0 for a type that the cube
// does not have.
double peak_macs_per_cycle(const MachineConfig& machine, Type type);

Roofline roofline(const Work& work, const MachineConfig& machine);

}  // namespace npu
