// The sequencer's instruction cache: which lines of the program are there. It holds no bytes, as
// nobody writes code.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sim/config/machine.h"

namespace npu {

class InstructionCache {
 public:
  static constexpr uint32_t kInstructionBytes = 16;

  // Direct-mapped. Without bytes it is one line that holds every program.
  explicit InstructionCache(const SequencerConfig& config)
      : line_(config.instruction_cache == 0
                  ? ~uint32_t{0}
                  : static_cast<uint32_t>(config.instruction_line) / kInstructionBytes),
        lines_(config.instruction_cache == 0
                   ? 0
                   : static_cast<size_t>(config.instruction_cache / config.instruction_line)) {}

  void invalidate_all() { std::fill(lines_.begin(), lines_.end(), 0); }

  // Instructions of a line.
  uint32_t line() const { return line_; }
  // Whether the instruction is there.
  bool holds(uint32_t pc) const { return lines_.empty() || place(pc) == pc / line_ + 1; }
  void fill(uint32_t pc) { lines_[pc / line_ % lines_.size()] = pc / line_ + 1; }

 private:
  uint32_t place(uint32_t pc) const { return lines_[pc / line_ % lines_.size()]; }

  uint32_t line_;
  std::vector<uint32_t> lines_;  // number of the line there, plus 1
};

}  // namespace npu
