// Plays the flow of a lowered kernel: every unit's queue with its waits and sets, a few turns of
// each loop, no data and no time. A kernel that cannot end is refused with who waits for whom.
#pragma once

#include "kernels/kit/lower/core_tree.h"

namespace npu::kit {

// Throws InputError if the units come to stand.
void play(const Recorder& recorder, const Resolver& resolver, const Flags& flags, const Items& cube,
          const Items& vector);

}  // namespace npu::kit
