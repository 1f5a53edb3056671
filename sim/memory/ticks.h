// Time inside memory resources, finer than a cycle: 512 bytes at 1333 bytes a cycle are not one
// cycle.
#pragma once

#include <cmath>
#include <cstdint>

namespace npu {

using Ticks = uint64_t;
inline constexpr int kTickBits = 16;
inline constexpr Ticks kTicksPerCycle = Ticks{1} << kTickBits;

constexpr Ticks ticks_of(uint64_t cycle) { return cycle << kTickBits; }

// Of a number of cycles that need not be whole.
inline Ticks ticks_of_cycles(double cycles) {
  return static_cast<Ticks>(std::llround(cycles * static_cast<double>(kTicksPerCycle)));
}

// The first cycle at or after a time.
constexpr uint64_t cycle_after(Ticks time) { return (time + kTicksPerCycle - 1) >> kTickBits; }

// A rate in bytes a cycle, as ticks a byte with 24 bits of fraction: integers, so that every host
// rounds alike.
class Rate {
 public:
  Rate() = default;
  explicit Rate(double bytes_per_cycle)
      : scaled_(static_cast<uint64_t>(
            std::llround(static_cast<double>(kTicksPerCycle << kFraction) / bytes_per_cycle))) {}

  // Of at most a few lines: 64 bits hold the product.
  Ticks of(uint64_t bytes) const { return bytes * scaled_ >> kFraction; }

 private:
  static constexpr int kFraction = 24;
  uint64_t scaled_ = 0;
};

}  // namespace npu
