// What the sanitizer found: each hazard once for a pair of instructions, with both source lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/instructions/operands.h"

namespace npu {

enum class HazardKind : uint8_t {
  kRace,               // two unordered accesses, one of them a write
  kUninitialisedRead,  // bytes read that nothing has written
  kStaleRead,          // a scalar cache line read that another agent has written since it came
  kWrongBuffer,        // a write to a tensor declared as input, or an access to memory that no
                       // argument of the launch points to
};

const char* hazard_name(HazardKind kind);

// One of the two instructions of a hazard.
struct HazardAccess {
  int32_t group = 0;
  int32_t core = 0;
  Unit unit{};
  uint32_t pc = 0;
  uint64_t cycle = 0;  // of its completion
  bool write = false;
  std::string source;  // "file:line: text", empty if the program has no source map
  std::string text() const;
};

struct Hazard {
  HazardKind kind{};
  HazardAccess access;  // the later one
  HazardAccess other;   // the earlier one; of races and stale reads only
  Mem mem{};
  int32_t group = 0;  // whose memory it is; not for GM
  int32_t core = 0;   // likewise
  uint64_t from = 0;  // first byte concerned, and the one behind the last
  uint64_t to = 0;
  std::string allocation;  // GM: its name, and where it begins
  uint64_t base = 0;
  uint64_t times = 1;  // how often the same two instructions met so
  std::string text() const;
};

struct CheckReport {
  std::vector<Hazard> hazards;  // in the order in which they were found
  // By instruction index: queue instructions, sets and waits that some core has executed.
  std::vector<bool> reached_cube, reached_vector;

  bool clean() const { return hazards.empty(); }
  bool reached(bool on_cube, uint32_t pc) const {
    const std::vector<bool>& code = on_cube ? reached_cube : reached_vector;
    return pc < code.size() && code[pc];
  }
};

}  // namespace npu
