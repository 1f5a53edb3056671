// Commands that validate has found good, by the instruction and the registers they came from: loops
// issue the same few over and over, on all cores alike. Only for commands that global memory has no
// part in: what is right about them depends on nothing else.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isa/encoding/issue.h"

namespace npu {

class Checked {
 public:
  static constexpr size_t kMostRegisters = 14;
  // The registers that an instruction reads.
  struct Sources {
    std::array<uint8_t, kMostRegisters> index{};
    uint8_t count = 0;
  };

  Checked() : lines_(kLines) {}

  // Another program: nothing is known of it.
  void clear() { ++program_; }

  bool has(uint32_t pc, const Sources& sources, const Registers& registers) const {
    const Line& line = lines_[line_of(pc, sources, registers)];
    if (line.pc != pc || line.program != program_) return false;
    uint64_t differ = 0;
    for (size_t i = 0; i < sources.count; ++i) {
      differ |= line.value[i] ^ registers[sources.index[i]];
    }
    return differ == 0;
  }

  void add(uint32_t pc, const Sources& sources, const Registers& registers) {
    Line& line = lines_[line_of(pc, sources, registers)];
    line.pc = pc;
    line.program = program_;
    for (size_t i = 0; i < sources.count; ++i) line.value[i] = registers[sources.index[i]];
  }

 private:
  static constexpr int kLineBits = 10;
  static constexpr size_t kLines = size_t{1} << kLineBits;
  struct Line {
    uint32_t pc = 0;
    uint64_t program = 0;  // 0: none
    std::array<uint64_t, kMostRegisters> value{};
  };

  static size_t line_of(uint32_t pc, const Sources& sources, const Registers& registers) {
    constexpr uint64_t kOdd = 0x9e3779b97f4a7c15u;
    uint64_t sum = pc, factor = kOdd;
    for (size_t i = 0; i < sources.count; ++i) {
      sum += registers[sources.index[i]] * factor;
      factor += 2 * kOdd;
    }
    return static_cast<size_t>((sum * kOdd) >> (64 - kLineBits));
  }

  std::vector<Line> lines_;
  uint64_t program_ = 1;
};

}  // namespace npu
