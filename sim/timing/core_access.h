// What a unit knows of its surroundings, without the definition of a core.
#pragma once

#include "sim/timing/shared.h"

namespace npu {

class Core;

// Priorities of a cycle's events: effects come first, then units that go on, then sequencers.
inline constexpr uint32_t kRetirePriority = 0;
inline constexpr uint32_t kUnitPriority = 1;
inline constexpr uint32_t kSequencerPriority = 2;

// Each core has 16 places in the order of events: its units, then these.
inline constexpr int kMailboxSlot = 8;
inline constexpr int kStoreSlot = 9;
inline constexpr int kSlotsPerCore = 16;

}  // namespace npu
