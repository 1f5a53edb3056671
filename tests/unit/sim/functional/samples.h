// One valid command of every kind, on a rig with a tensor and a list in GM: what the
// tests of validate and footprint start from.
#pragma once

#include <vector>

#include "tests/instructions/rig.h"

namespace npu::test {

struct Sample {
  int core;  // 0 the cube core, 1 the first vector core
  Command command;
};

// Fills the memories of the rig so that index lists in `list` and in UB and L1 are valid.
struct SampleRig : Rig {
  uint64_t gm_tensor, gm_list;
  SampleRig();
  std::vector<Sample> samples() const;
};

}  // namespace npu::test
