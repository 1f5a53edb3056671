#include "isa/fault.h"

namespace npu {

const char* fault_name(FaultCode code) {
  switch (code) {
    case FaultCode::kIllegalInstruction:
      return "illegal instruction";
    case FaultCode::kOutOfBounds:
      return "out of bounds";
    case FaultCode::kMisaligned:
      return "misaligned";
    case FaultCode::kBadOperand:
      return "bad operand";
    case FaultCode::kMissingPath:
      return "missing path";
    case FaultCode::kFlagOverLimit:
      return "flag over limit";
    case FaultCode::kFlagNotInitial:
      return "flag not initial";
    case FaultCode::kDeadlock:
      return "deadlock";
    case FaultCode::kCycleLimit:
      return "cycle limit";
    case FaultCode::kDivideByZero:
      return "division by zero";
    case FaultCode::kCallDepth:
      return "call depth";
    case FaultCode::kUnknownValue:
      return "unknown value";
    case FaultCode::kTrap:
      return "trap";
    case FaultCode::kOutOfMemory:
      return "out of memory";
    case FaultCode::kUninitialisedRead:
      return "uninitialised read";
    case FaultCode::kRace:
      return "race";
    case FaultCode::kStaleRead:
      return "stale read";
  }
  return "unknown fault";
}

std::string Fault::text() const {
  std::string text = std::string("fault: ") + fault_name(code);
  if (!detail.empty()) text += ": " + detail;
  text += " [cycle " + std::to_string(cycle);
  if (group >= 0) text += ", group " + std::to_string(group);
  if (core == 0) text += ", cube core";
  if (core > 0) text += ", vector core " + std::to_string(core - 1);
  if (!unit.empty()) text += ", unit " + unit;
  if (core >= 0) text += ", pc " + std::to_string(pc);
  text += "]";
  if (!source.empty()) text += " at " + source;
  return text;
}

}  // namespace npu
