#include "sim/timing/flags.h"

namespace npu {

void Flags::start(const std::vector<FlagDecl>& declared) {
  counters_.fill({});
  waiting_.fill(0);
  for (const FlagDecl& flag : declared) {
    counters_[flag.id] = {flag.initial, flag.initial, flag.limit, true};
  }
}

bool Flags::try_take(const FlagPair& waits) {
  const auto [first, second] = waits;
  uint32_t& a = counters_[first.flag].value;
  uint32_t& b = counters_[second.flag].value;
  if (first.flag == second.flag) {
    if (a < uint64_t{first.count} + second.count) return false;
  } else if (a < first.count || b < second.count) {
    return false;
  }
  a -= first.count;
  b -= second.count;
  return true;
}

bool Flags::add(FlagAmount amount) {
  Counter& counter = counters_[amount.flag];
  if (amount.count > counter.limit || counter.value > counter.limit - amount.count) return false;
  counter.value += amount.count;
  return true;
}

void Flags::wait(Unit unit, const FlagPair& waits) {
  for (const FlagAmount& wait : waits) {
    if (wait.count > 0) waiting_[wait.flag] |= static_cast<uint8_t>(1 << static_cast<int>(unit));
  }
}

void Flags::forget(Unit unit, const FlagPair& waits) {
  for (const FlagAmount& wait : waits) {
    waiting_[wait.flag] &= static_cast<uint8_t>(~(1 << static_cast<int>(unit)));
  }
}

std::optional<int> Flags::not_initial() const {
  for (int flag = 0; flag < kFlags; ++flag) {
    const Counter& counter = counters_[static_cast<size_t>(flag)];
    if (counter.declared && counter.value != counter.initial) return flag;
  }
  return std::nullopt;
}

std::string flag_name(const CoreCode& code, int flag) {
  for (const FlagDecl& declared : code.flags) {
    if (declared.id == flag && !declared.name.empty()) return "flag " + declared.name;
  }
  return "flag " + std::to_string(flag);
}

}  // namespace npu
