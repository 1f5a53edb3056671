// Which allocations of GM a checked launch may touch, and which of them it may not write.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "isa/program/program.h"
#include "sim/functional/gm.h"

namespace npu {

struct CheckedLaunch {
  int groups = 1;
  std::vector<uint64_t> arguments;  // the words of the control block: parameters, then workspaces
  uint64_t control_block = 0;       // its own address
  int chips = 1;  // addresses are chip 0's; the other chips have the same at theirs
};

namespace detail {

// Bases of the allocations that the words of the control block point to.
std::set<uint64_t> allowed_bases(const Gm& gm, const CheckedLaunch& launch);

// Those of input tensors that are not also given as something the program may write.
std::set<uint64_t> input_bases(const Gm& gm, const Program& program, const CheckedLaunch& launch);

// Workspaces that the runtime keeps at zero are written before the launch begins.
void mark_zeroed(Gm& gm, const Program& program, const CheckedLaunch& launch);

}  // namespace detail

}  // namespace npu
