#include "tests/models/system_run.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>

#include "runtime/schedule/operator_run.h"

namespace npu::test {

MachineConfig small_system(const char* name, int groups) {
  MachineConfig machine = load_machine(name);
  machine.groups = groups;
  return machine;
}

bool SystemRun::good() const {
  return !run.fault && run.check.hazards.empty() && !verdicts.empty() &&
         std::all_of(verdicts.begin(), verdicts.end(),
                     [](const CheckResult& verdict) { return verdict.passed; });
}

std::string SystemRun::text() const {
  std::string text = run.fault ? run.fault->text() + "\n" : "";
  for (const Hazard& hazard : run.check.hazards) text += hazard.text() + "\n";
  for (const CheckResult& verdict : verdicts) text += verdict.text() + "\n";
  return text;
}

SystemRun run_on(const MachineConfig& machine, const char* name, std::vector<OptionText> given,
                 const SimulatorOptions& simulator) {
  const Operator& op = find_operator(name);
  const bool of_chips = std::any_of(op.options.begin(), op.options.end(),
                                    [](const OptionSpec& spec) { return spec.name == "chips"; });
  if (of_chips) given.emplace_back("chips", std::to_string(machine.chips));
  const Options options(op.name, op.options, given);
  Device device(machine, simulator);
  const bool numbers = simulator.mode != Mode::kTimingOnly;
  const auto before = op.arguments(options, 1, numbers ? Contents::kAll : Contents::kControlOnly);
  auto after = before;
  SystemRun ran;
  ran.run = run_operator(
      device, std::make_shared<const Program>(op.program(device.limits(), options)), after);
  if (!numbers || ran.run.fault) return ran;
  const std::vector<Expected> expected = op.expected(options, before);
  for (const OperatorArgument& argument : after) {
    if (!argument.output) continue;
    const Expected& e = expected.at(ran.verdicts.size());
    ran.verdicts.push_back(compare(argument.tensor, e.want, e.bound));
  }
  return ran;
}

bool passes(const char* name, const std::vector<OptionText>& given,
            const std::function<void(std::vector<OperatorArgument>&)>& tamper,
            const std::function<void(HostTensor&)>& spoil) {
  const Operator& op = find_operator(name);
  const Options options(op.name, op.options, given);
  auto arguments = op.arguments(options, 1, Contents::kAll);
  const std::vector<Expected> expected = op.expected(options, arguments);
  const auto out = std::find_if(arguments.begin(), arguments.end(), [](const OperatorArgument& a) {
    return a.name == "y" || a.name == "c";
  });
  size_t index = 0;
  for (auto it = arguments.begin(); it != out; ++it) index += it->output ? 1 : 0;
  const HostTensor shape = out->tensor;
  if (tamper) tamper(arguments);
  HostTensor got =
      tensor_from(shape.type, shape.dims, op.expected(options, arguments).at(index).want);
  if (spoil) spoil(got);
  return compare(got, expected.at(index).want, expected.at(index).bound).passed;
}

uint64_t cycles_of(const MachineConfig& machine, const char* name,
                   const std::vector<OptionText>& given) {
  const SystemRun ran = run_on(machine, name, given, {.mode = Mode::kTimingOnly});
  INFO(name << ": " << ran.text());
  REQUIRE_FALSE(ran.run.fault);
  return ran.run.cycles;
}

}  // namespace npu::test
