// Runs operators of the catalog on a simulated machine and judges what they give.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernels/ops/catalog.h"
#include "kernels/ops/compare.h"
#include "sim/soc/simulator.h"

namespace npu {

// The machines that kernels are tested on: `base` with eight groups, the same without direct paths
// between cube and vector cores, and `tiny`.
MachineConfig small_base();
MachineConfig small_base_through_gm();
MachineConfig tiny_machine();

class KernelBench {
 public:
  explicit KernelBench(const MachineConfig& machine, Mode mode = Mode::kFunctionalOnly,
                       bool check = false);

  struct Outcome {
    RunResult run;
    CheckResult verdict;
    std::string text() const;  // fault, hazards and verdict
    bool good() const;         // none of the first two, and a pass
  };

  // The operator of that name with generated arguments.
  Outcome run(std::string_view name, const std::vector<OptionText>& given, uint64_t seed = 1);
  Outcome run(const Operator& op, const std::vector<OptionText>& given, uint64_t seed = 1);

  // A program on given arguments, whose outputs are replaced by what it wrote.
  RunResult launch(const Program& program, std::vector<OperatorArgument>& arguments);

  const MachineConfig& machine() const { return simulator_.machine(); }
  const Limits& limits() const { return simulator_.limits(); }

 private:
  Simulator simulator_;
};

// "m=3 n=5" as options; words without '=' are refused.
std::vector<OptionText> options_from(std::string_view text);

}  // namespace npu
