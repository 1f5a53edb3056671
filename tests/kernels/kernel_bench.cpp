#include "tests/kernels/kernel_bench.h"

#include "isa/errors.h"

namespace npu {

namespace {

MachineConfig with_eight_groups(const char* name) {
  MachineConfig machine = load_machine(name);
  machine.groups = 8;
  return machine;
}

}  // namespace

MachineConfig small_base() { return with_eight_groups("base"); }
MachineConfig small_base_through_gm() { return with_eight_groups("base-gm"); }
MachineConfig tiny_machine() { return load_machine("tiny"); }

KernelBench::KernelBench(const MachineConfig& machine, Mode mode, bool check)
    : simulator_(machine, {.mode = mode, .check = check, .max_cycles = uint64_t{1} << 30}) {}

RunResult KernelBench::launch(const Program& program, std::vector<OperatorArgument>& arguments) {
  Gm& gm = simulator_.gm();
  std::vector<uint64_t> words, allocated;
  const auto allocate = [&](uint64_t bytes, Storage storage, std::string name) {
    words.push_back(gm.allocate(bytes, storage, std::move(name)));
    allocated.push_back(words.back());
    return words.back();
  };
  for (const OperatorArgument& argument : arguments) {
    if (argument.kind == Parameter::Kind::kInt) {
      words.push_back(static_cast<uint64_t>(argument.value));
      continue;
    }
    const HostTensor& tensor = argument.tensor;
    const uint64_t bytes = bytes_of(tensor.type, static_cast<size_t>(tensor.count()));
    const uint64_t at = allocate(bytes, argument.control ? Storage::kControl : Storage::kData,
                                 std::string(argument.name));
    if (!tensor.bytes.empty()) gm.write(at, tensor.bytes.data(), bytes);
  }
  for (const Workspace& workspace : program.workspaces) {
    const uint64_t groups = workspace.per_group ? static_cast<uint64_t>(limits().groups) : 1;
    allocate(groups * workspace_stride(workspace),
             workspace.zeroed ? Storage::kControl : Storage::kData, workspace.name);
  }
  RunResult result = simulator_.run(program, words);
  for (size_t i = 0; i < arguments.size(); ++i) {
    HostTensor& tensor = arguments[i].tensor;
    if (arguments[i].output) gm.read(words[i], tensor.bytes.data(), tensor.bytes.size());
  }
  for (const uint64_t address : allocated) gm.release(address);
  return result;
}

KernelBench::Outcome KernelBench::run(std::string_view name, const std::vector<OptionText>& given,
                                      uint64_t seed) {
  return run(find_operator(name), given, seed);
}

KernelBench::Outcome KernelBench::run(const Operator& op, const std::vector<OptionText>& given,
                                      uint64_t seed) {
  const Options options(op.name, op.options, given);
  const Program program = op.program(limits(), options);
  std::vector<OperatorArgument> arguments = op.arguments(options, seed, Contents::kAll);
  const std::vector<Expected> expected = op.expected(options, arguments);
  Outcome outcome{launch(program, arguments), {}};
  size_t next = 0;
  for (const OperatorArgument& argument : arguments) {
    if (!argument.output) continue;
    const Expected& e = expected.at(next++);
    const CheckResult verdict = compare(argument.tensor, e.want, e.bound);
    // Of several outputs the first wrong one is reported, or else the one nearest its bound.
    if (next == 1 ||
        (outcome.verdict.passed && (!verdict.passed || verdict.ratio > outcome.verdict.ratio)))
      outcome.verdict = verdict;
  }
  NPU_ASSERT(next == expected.size());
  return outcome;
}

bool KernelBench::Outcome::good() const {
  return !run.fault && run.check.hazards.empty() && verdict.passed;
}

std::string KernelBench::Outcome::text() const {
  std::string text = run.fault ? run.fault->text() + "\n" : "";
  for (const Hazard& hazard : run.check.hazards) text += hazard.text() + "\n";
  return text + verdict.text();
}

std::vector<OptionText> options_from(std::string_view text) {
  std::vector<OptionText> options;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    const size_t equals = word.find('=');
    NPU_ASSERT(equals != std::string_view::npos);
    options.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return options;
}

}  // namespace npu
