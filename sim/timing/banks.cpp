#include "sim/timing/banks.h"

#include <algorithm>

namespace npu {

void BankStep::add(const BankAccess& access) {
  const auto word = static_cast<uint64_t>(config_.word);
  const auto groups = static_cast<uint64_t>(config_.groups);
  for (uint64_t run = 0; run < access.runs; ++run) {
    const uint64_t address = access.address + run * access.pitch;
    const uint64_t last = (address + access.bytes - 1) / word;
    for (uint64_t at = address / word; at <= last; ++at) {
      const size_t group = at % groups;
      const size_t bank = at * word / static_cast<uint64_t>(config_.bank_span) % kBanks;
      if (!access.write) ++reads_[group];
      ++accesses_[group];
      ++of_bank_[bank][group];
    }
  }
}

uint64_t BankStep::take() {
  const auto cycles = [](int words, int a_cycle) { return (words + a_cycle - 1) / a_cycle; };
  int worst = 0;
  for (size_t group = 0; group < static_cast<size_t>(config_.groups); ++group) {
    worst = std::max(worst, cycles(reads_[group], config_.group_reads));
    worst = std::max(worst, cycles(accesses_[group], config_.group_accesses));
    for (const auto& bank : of_bank_) {
      worst = std::max(worst, cycles(bank[group], config_.bank_accesses));
    }
  }
  reads_ = accesses_ = {};
  of_bank_ = {};
  return static_cast<uint64_t>(worst);
}

}  // namespace npu
