// The ladder of an elementwise sum, which only memory bounds.
#pragma once

#include <cstdint>

#include "isa/limits/limits.h"
#include "isa/program/program.h"

namespace npu {

// y = a + b, `count` elements of f16. A vector core takes tiles of `tile` elements in turn.
struct AddStep {
  int64_t count = 0;
  int64_t tile = 4096;
  int slots = 1;        // of each tensor in UB; 2: load the next while adding this
  bool stream = false;  // a and b pass L2 by, so that y stays there
  bool alone = false;   // one vector core does it all
  bool spread = false;  // a and b lie in different banks of UB; else in the same
};

// Throws InputError for sizes that are not positive or do not fit UB.
Program add_step(const Limits& machine, const AddStep& step);

}  // namespace npu
