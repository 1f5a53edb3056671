// The least time a kernel could take on a machine whose L2 is cold: its multiply-adds at the cubes'
// peak, what it reads at HBM's rate, or all its bytes at L2's. Stores are complete in L2, so only
// what L2 cannot hold of them goes to HBM within the run.
#pragma once

#include <string>

#include "kernels/ops/catalog.h"
#include "sim/config/machine.h"
#include "sim/record/record.h"

namespace npu {

struct Roofline {
  double cycles = 0;     // of whichever is slower
  std::string resource;  // "cube", "vector", "HBM" or "L2"
};

// Multiply-adds a cycle of all cubes of a chip for operands of a type; 0 for a type that the cube
// does not have.
double peak_macs_per_cycle(const MachineConfig& machine, Type type);

// Bytes that HBM must carry within the run: all that is read, and what L2 cannot hold of the rest.
double least_hbm_bytes(const Work& work, const MachineConfig& machine);

Roofline roofline(const Work& work, const MachineConfig& machine);

// The least time for what a run really did, by its own counters: the cubes' native tiles and the
// vector units' work spread evenly over the cores, bytes at L2's rate, and bytes at the rate that
// HBM achieves.
Roofline own_roofline(const RunRecord& record, const MachineConfig& machine,
                      double hbm_bytes_per_cycle);

}  // namespace npu
