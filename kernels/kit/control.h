// How loops and conditions are recorded. Private to the kit.
#pragma once

#include <functional>
#include <string>

#include "kernels/kit/tree.h"

namespace npu::kit {

class Recorder;

// for (i = first; i < limit; i += step); skew and ahead as in Loop.
struct LoopRange {
  Int first = 0, limit, step = 1;
  int skew = 0, ahead = 0;
};

void record_loop(Recorder& recorder, std::string name, const LoopRange& range,
                 const std::function<void(Int)>& body, Where at);

void record_when(Recorder& recorder, When when, const std::function<void()>& body, Where at);

}  // namespace npu::kit
