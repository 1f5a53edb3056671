// Prefetch: loads that run ahead of the loops that use what they bring, across the ends of those
// loops.
//
// The sequencer issues in program order, and stops where a queue is full: what a loop loads in its
// next turn, or the loop around it for its next tile, is not asked for before this turn's work has
// been issued. A prefetch has the loads of all turns as one list of items, of which `next` issues
// one, a fixed distance ahead of the turn it stands in.
#pragma once

#include <functional>

#include "kernels/kit/scalar.h"
#include "kernels/kit/where.h"

namespace npu {

class Prefetch {
 public:
  // From Kernel::prefetch.
  Prefetch(kit::Recorder* recorder, int loop, const Int& count, const Int& begun,
           std::function<void(Int)> item);

  // Loads the item `distance` ahead of the one that is used behind this, if there is one. Stands
  // once in the turn of each item; what the item pushes is popped there. Dims that the item clips
  // are to be clipped again behind it.
  void next(Where at = Where::here());

 private:
  kit::Recorder* recorder_;
  int loop_;  // over the items it began with
  Int count_;
  int cell_;  // the item to be loaded next
  std::function<void(Int)> item_;
};

}  // namespace npu
