// What the units of one group did, cycle by cycle, as text: a line a unit and a list of the
// instructions, for reading next to a kernel's source.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/program/program.h"
#include "sim/timing/observer.h"

namespace npu {

// Listens to one run. Only instructions that begin in cycles [0, cycles) are kept.
class Timeline : public RetireObserver {
 public:
  explicit Timeline(uint64_t cycles, int32_t group = 0) : cycles_(cycles), group_(group) {}

  void on_start(const EventPlace& place, const Command& command) override;
  void on_retire(const EventPlace& place, const Command& command) override;

  // One line for each unit that did something; a letter stands for an instruction, in the order of
  // the unit's queue, and a column for as many cycles as make `width` columns of the whole.
  std::string picture(int width = 96) const;

  // The instructions in the order in which they began, with first and last cycle and what their
  // source line says.
  std::string list(const Program& program) const;

 private:
  struct Item {
    EventPlace place;  // cycle: of the start
    uint64_t retired = 0;
  };

  uint64_t cycles_;
  int32_t group_;
  std::vector<Item> items_;  // in order of their start
};

}  // namespace npu
