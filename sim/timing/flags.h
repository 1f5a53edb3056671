// A core's flags: counters with an initial value and a limit, and who waits for them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "isa/instructions/operands.h"
#include "isa/program/program.h"

namespace npu {

// A wait or set with its count, after registers are read; count 0 means none.
struct FlagAmount {
  uint8_t flag = 0;
  uint32_t count = 0;
};
using FlagPair = std::array<FlagAmount, 2>;

class Flags {
 public:
  // Every declared flag at its initial value, nobody waiting.
  void start(const std::vector<FlagDecl>& declared);

  bool declared(int flag) const { return counters_[static_cast<size_t>(flag)].declared; }
  uint32_t value(int flag) const { return counters_[static_cast<size_t>(flag)].value; }
  uint32_t limit(int flag) const { return counters_[static_cast<size_t>(flag)].limit; }

  // Takes both amounts if both are there.
  bool try_take(const FlagPair& waits);

  // False if that passes the limit; the counter then stays as it was.
  bool add(FlagAmount amount);

  // Remembers that `unit` waits for these; waiters() lists units as bits, forget() removes one.
  void wait(Unit unit, const FlagPair& waits);
  uint8_t waiters(int flag) const { return waiting_[static_cast<size_t>(flag)]; }
  void forget(Unit unit, const FlagPair& waits);

  // The first declared flag that differs from its initial value.
  std::optional<int> not_initial() const;
  uint32_t initial(int flag) const { return counters_[static_cast<size_t>(flag)].initial; }

 private:
  struct Counter {
    uint32_t value = 0, initial = 0, limit = 0;
    bool declared = false;
  };
  std::array<Counter, kFlags> counters_{};
  std::array<uint8_t, kFlags> waiting_{};
};

// "a_full" or "flag 7": how the program calls a flag.
std::string flag_name(const CoreCode& code, int flag);

}  // namespace npu
