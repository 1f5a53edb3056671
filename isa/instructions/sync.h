// Flag instructions. They run in the queue of the unit they name, in order with its other
// instructions, or in the sequencer itself. Most synchronisation rides on other instructions
// (Sync); these reach indexed flags and words in GM.
#pragma once

#include "isa/instructions/operands.h"

namespace npu {

template <class R>
struct Set {
  static constexpr Info info{"set", 0x28, Unit::kSequencer,
                             "flag += count once the unit's earlier work is visible"};
  Unit unit{};
  R flag{}, count{};
  static constexpr auto fields() {
    return std::tuple(field("unit", &Set::unit, "unit whose queue it joins"),
                      field("flag", &Set::flag, "flag id, 0..63"),
                      field("count", &Set::count, "how much to add"));
  }
};

template <class R>
struct Wait {
  static constexpr Info info{"wait", 0x29, Unit::kSequencer,
                             "wait until flag >= count, then flag -= count"};
  Unit unit{};
  R flag{}, count{};
  static constexpr auto fields() {
    return std::tuple(field("unit", &Wait::unit, "unit whose queue it joins"),
                      field("flag", &Wait::flag, "flag id, 0..63"),
                      field("count", &Wait::count, "how much to wait for and take"));
  }
};

template <class R>
struct SetWord {
  static constexpr Info info{
      "setw", 0x2a, Unit::kSequencer,
      "8-byte word in GM of any chip += count once the unit's earlier work is visible"};
  Unit unit{};
  R address{}, count{};
  static constexpr auto fields() {
    return std::tuple(field("unit", &SetWord::unit, "unit whose queue it joins"),
                      field("address", &SetWord::address, "8-byte aligned GM address"),
                      field("count", &SetWord::count, "how much to add"));
  }
};

template <class R>
struct WaitWord {
  static constexpr Info info{"waitw", 0x2b, Unit::kSequencer,
                             "wait until the 8-byte word in GM >= count, then word -= count"};
  Unit unit{};
  R address{}, count{};
  static constexpr auto fields() {
    return std::tuple(field("unit", &WaitWord::unit, "unit whose queue it joins"),
                      field("address", &WaitWord::address, "8-byte aligned GM address"),
                      field("count", &WaitWord::count, "how much to wait for and take"));
  }
};

}  // namespace npu
