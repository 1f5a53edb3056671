// A fault: what a guest program did wrong, as a value. Nothing a program does may crash or hang the
// host.
#pragma once

#include <cstdint>
#include <string>

namespace npu {

enum class FaultCode : uint8_t {
  kIllegalInstruction,  // an encoding that means nothing, or an instruction on a core that lacks
                        // its unit
  kOutOfBounds,         // an access outside a buffer or outside every allocation of GM
  kMisaligned,          // an address or pitch that the unit cannot use
  kBadOperand,          // a type, extent or mode that the instruction does not allow
  kMissingPath,         // a data path that this machine does not have
  kFlagOverLimit,       // a set took a flag over its declared limit
  kFlagNotInitial,      // a flag differs from its initial value at halt
  kDeadlock,            // every core waits; the text names the cycle of who waits for whom
  kCycleLimit,          // the run passed --max-cycles
  kDivideByZero,        // integer division by zero
  kCallDepth,           // call stack over- or underflow
  kUnknownValue,  // timing-only: a branch, address or extent came from data that was not computed
  kTrap,          // the program trapped
  kOutOfMemory,   // host or GM memory limit reached
  kUninitialisedRead,  // check: bytes read that nothing has written
  kRace,               // check: two unordered accesses, one of them a write
  kStaleRead,          // check: a scalar cache line read after another agent wrote it
};

// Short name ("out of bounds") of a code.
const char* fault_name(FaultCode code);

struct Fault {
  FaultCode code{};
  uint64_t cycle = 0;
  int32_t group = -1;        // -1: not tied to one core
  int32_t core = -1;         // 0 is the cube core, 1.. the vector cores of the group
  std::string unit;          // "sequencer", "load", ... or empty
  uint32_t pc = 0;           // instruction index in the core's program
  std::string source;        // "matmul.npuasm:12: load ..." or kit source line, empty if unknown
  std::string detail;        // one sentence: what happened, with the numbers
  std::string text() const;  // all of it in one line
};

}  // namespace npu
