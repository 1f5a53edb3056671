// How a value that has no exact code in the target type is rounded. Shared by conversions and the
// instructions that name a mode.
#pragma once

#include <cstdint>

namespace npu {

enum class Round : uint8_t { kNearestEven, kZero, kFloor, kCeil };

}  // namespace npu
