// Conflicts in UB: the words that one step of a vector instruction reads and writes, laid out in
// banks by their addresses. A group of banks serves so many reads and so many accesses a cycle, one
// of its banks so many; a step that wants more of one takes longer.
#pragma once

#include "sim/config/machine.h"

namespace npu {

// An operand's bytes in one step: `runs` of `bytes`, `pitch` apart.
struct BankAccess {
  uint64_t address = 0;
  uint64_t pitch = 0;
  uint64_t runs = 1;
  uint64_t bytes = 0;
  bool write = false;
};

// Counts the accesses of one step after another.
class BankStep {
 public:
  explicit BankStep(const BankConfig& config) : config_(config) {}
  void add(const BankAccess& access);
  // The cycles that the banks need for all that was added; starts the next step.
  uint64_t take();

 private:
  static constexpr size_t kGroups = 32;  // BankConfig's range
  static constexpr size_t kBanks = 8;    // of a group that are told apart

  const BankConfig& config_;
  std::array<uint8_t, kGroups> reads_{}, accesses_{};
  std::array<std::array<uint8_t, kGroups>, kBanks> of_bank_{};
};

}  // namespace npu
