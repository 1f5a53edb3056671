// A mistake put into a kernel on purpose, written as text, and what it makes of the results. N is a
// number from 1, or `every`.
//
//   with NAME=VALUE ...       built with other options; the arguments stay
//   leave out NAME N          the Nth instruction of that name does nothing (its waits and sets
//   stay) turn NAME N into OTHER    it is another operation of the same shape exchange NAME N its
//   two sources are exchanged overwrite NAME N          the mma forgets the sums so far keep NAME N
//   the mma adds to what the slot held before TENSOR shifted            it reads each element one
//   place off TENSOR a row late         ... the row before TENSOR its first row      ... the first
//   row for all TENSOR without its end    the last column is 0 TENSOR last doubled       the last
//   element is twice as large
#pragma once

#include <string>
#include <vector>

#include "isa/program/program.h"
#include "kernels/ops/catalog.h"
#include "runtime/device/device.h"

namespace npu {

struct PlantedFault {
  std::string op;
  std::vector<OptionText> options;
  std::string text;  // empty: none
};

struct FaultyRun {
  bool refused = false;  // the kernel faulted
  std::string verdicts;  // of each output
  bool passed = true;    // all outputs are within their bounds
};

// Runs the kernel with its fault on generated arguments and judges it by those arguments.
FaultyRun run_faulty(Device& device, const PlantedFault& fault);

}  // namespace npu
