// A number that is fixed when the model is built and divided by ever after: a shift or a
// multiplication in place of the host's division.
#pragma once

#include <bit>
#include <cstdint>

namespace npu {

class Divisor {
 public:
  explicit Divisor(uint64_t value)
      : value_(value),
        shift_(std::countr_zero(value)),
        power_of_two_(std::has_single_bit(value)),
        exact_below_(~uint64_t{0} / value),
        inverse_(exact_below_ + 1) {}

  uint64_t value() const { return value_; }
  uint64_t quotient(uint64_t number) const {
    if (power_of_two_) return number >> shift_;
    // The inverse is too large by less than value / 2^64: too little to reach the next quotient.
    if (number >= exact_below_) return number / value_;
    return static_cast<uint64_t>(static_cast<Wide>(inverse_) * number >> 64);
  }
  uint64_t remainder(uint64_t number) const {
    return power_of_two_ ? number & (value_ - 1) : number - quotient(number) * value_;
  }

 private:
  __extension__ using Wide = unsigned __int128;

  uint64_t value_;
  int shift_;
  bool power_of_two_;
  uint64_t exact_below_, inverse_;
};

}  // namespace npu
