// A GM address names its chip: bits kChipShift and up are the chip's number, the others a place on
// it.
#pragma once

namespace npu {

inline constexpr int kChipShift = 48;

}  // namespace npu
