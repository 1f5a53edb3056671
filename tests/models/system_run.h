// Operators of several chips on a system, judged against their references.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/ops/catalog.h"
#include "kernels/ops/compare.h"
#include "runtime/device/device.h"

namespace npu::test {

MachineConfig small_system(const char* name, int groups);

struct SystemRun {
  RunResult run;
  std::vector<CheckResult> verdicts;  // of each output; none without numbers

  bool good() const;  // no fault, no hazard, all right
  std::string text() const;
};

// With the machine's number of chips, if the operator asks for it; else every chip does the same.
SystemRun run_on(const MachineConfig& machine, const char* name, std::vector<OptionText> given,
                 const SimulatorOptions& simulator);

// Whether the output y or c that the reference would give of tampered arguments passes as that of
// the true ones. `spoil` changes it on top.
bool passes(const char* name, const std::vector<OptionText>& given,
            const std::function<void(std::vector<OperatorArgument>&)>& tamper,
            const std::function<void(HostTensor&)>& spoil = {});

// Timing only.
uint64_t cycles_of(const MachineConfig& machine, const char* name,
                   const std::vector<OptionText>& given);

}  // namespace npu::test
