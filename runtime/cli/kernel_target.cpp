#include "runtime/cli/kernel_target.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <map>

#include "isa/assembler/assembler.h"
#include "isa/assembler/problems.h"
#include "isa/errors.h"
#include "isa/program/object_file.h"
#include "kernels/tutorial/ladders.h"
#include "kernels/tutorial/steps.h"
#include "runtime/cli/kernel_arguments.h"
#include "runtime/files/input_file.h"
#include "runtime/schedule/program_cache.h"

namespace npu {

namespace {

// The operators, and the kernels of the tutorial.
std::vector<const Operator*> all_operators() {
  std::vector<const Operator*> all;
  for (const std::vector<Operator>* list : {&catalog(), &tutorial::steps(), &tutorial::ladders()}) {
    for (const Operator& op : *list) all.push_back(&op);
  }
  return all;
}

double bytes_of_tensors(const std::vector<OperatorArgument>& arguments) {
  double bytes = 0;
  for (const OperatorArgument& argument : arguments) {
    if (argument.kind != Parameter::Kind::kTensor) continue;
    const HostTensor& tensor = argument.tensor;
    bytes += static_cast<double>(tensor.count()) * bits_of(tensor.type) / 8;
  }
  return bytes;
}

// A word that is no operator is a file. One that looks like an operator and is no file is a
// misspelling. Gives what is wrong, or nothing.
std::string operator_or_file(const std::string& word) {
  std::error_code ignored;
  const bool like_a_file =
      word.find_first_of("./") != std::string::npos && !word.starts_with("tutorial/");
  if (like_a_file || std::filesystem::exists(word, ignored)) return "";
  std::vector<std::string_view> names;
  for (const Operator* op : all_operators()) names.push_back(op->name);
  std::string known = "; there are " + fmt::format("{}", fmt::join(names, ", "));
  return word + ": no such operator or file" +
         (nearest(word, names).empty() ? known : hint(word, names));
}

}  // namespace

std::string KernelTarget::text() const { return kernel ? kernel_text(*kernel, options) : file; }

std::shared_ptr<KernelTarget> add_kernel_target(CLI::App& command) {
  auto target = std::make_shared<KernelTarget>();
  command
      .add_option("file", target->file,
                  "a kernel: assembly text (.npuasm) or an object file of npu asm")
      ->check([&command](const std::string& word) {
        return command.get_subcommands().empty() ? operator_or_file(word) : std::string();
      });
  command.add_option("--arg", target->arguments,
                     "file: value of a parameter, NAME=@FILE.npy | NAME=NUMBER | "
                     "NAME=f32[ROWS,COLS] of generated values");
  command.add_option("--out", target->outputs,
                     "file: write a tensor after the run, NAME=@FILE.npy");
  command.add_option("--expect", target->expected,
                     "file: compare a tensor after the run, NAME=@FILE.npy");
  command.add_option("--rtol", target->rtol, "file: allowed error relative to the expected value")
      ->capture_default_str();
  command.add_option("--atol", target->atol, "file: allowed absolute error on top")
      ->capture_default_str();
  command.add_option("--seed", target->seed, "of generated inputs")
      ->check(CLI::Range(int64_t{0}, INT64_MAX))
      ->capture_default_str();
  command.require_subcommand(0, 1);
  for (const Operator* op : all_operators()) {
    CLI::App* sub = command.add_subcommand(std::string(op->name), std::string(op->doc));
    sub->fallthrough();
    sub->footer(fmt::format("Formula    {}\nTolerance  {}", op->formula, op->tolerance));
    auto given = std::make_shared<std::map<std::string, std::string>>();
    for (const OptionSpec& spec : op->options) {
      const std::string name(spec.name);
      sub->add_option("--" + name, (*given)[name], fmt::format("{} [{}]", spec.doc, spec.fallback));
    }
    sub->callback([target, given, op, sub] {
      target->kernel = op;
      for (const OptionSpec& spec : op->options) {
        const std::string name(spec.name);
        if (sub->count("--" + name)) target->options.emplace_back(name, (*given)[name]);
      }
    });
  }
  return target;
}

Program load_program(const std::string& path) {
  InputFile file(path);
  const std::vector<std::byte> bytes = file.array<std::byte>(file.size(), "kernel");
  if (is_object(bytes)) return read_object(bytes, path);
  return assemble({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path);
}

namespace {

// The operator's options as given; where it has an option `chips` that is not, the machine's.
Options options_for(const KernelTarget& target, const Limits& machine) {
  std::vector<OptionText> given = target.options;
  const auto is_chips = [](const auto& option) {
    return std::string_view(std::get<0>(option)) == "chips";
  };
  const std::vector<OptionSpec>& specs = target.kernel->options;
  const bool wanted = std::any_of(specs.begin(), specs.end(),
                                  [](const OptionSpec& spec) { return spec.name == "chips"; });
  if (wanted && std::none_of(given.begin(), given.end(), is_chips)) {
    given.emplace_back("chips", std::to_string(machine.chips));
  }
  return {target.kernel->name, specs, given};
}

}  // namespace

PreparedKernel prepare(const KernelTarget& target, const Limits& machine, bool numbers) {
  const bool file_options =
      !(target.arguments.empty() && target.outputs.empty() && target.expected.empty());
  if (target.kernel == nullptr && target.file.empty()) {
    throw InputError("name an operator or a kernel file; --help lists the operators");
  }
  if (target.kernel != nullptr && !target.file.empty()) {
    throw InputError(fmt::format("{}: a kernel file, and the operator {}; allowed: one of them",
                                 target.file, target.kernel->name));
  }
  if (target.kernel != nullptr && file_options) {
    throw InputError(
        "--arg, --out and --expect belong to a kernel file; an operator makes its own arguments");
  }
  PreparedKernel prepared;
  if (target.kernel != nullptr) {
    prepared.options = options_for(target, machine);
    const Options& options = *prepared.options;
    target.kernel->work(options);  // refuses sizes that no host holds before anything is built
    prepared.program = std::make_shared<const Program>(target.kernel->program(machine, options));
    prepared.arguments = target.kernel->arguments(options, target.seed, Contents::kControlOnly);
    if (numbers) {
      check_host_memory("the tensors", bytes_of_tensors(prepared.arguments));
      prepared.arguments = target.kernel->arguments(options, target.seed, Contents::kAll);
    }
  } else {
    prepared.program = std::make_shared<const Program>(load_program(target.file));
    prepared.arguments = file_arguments(target, *prepared.program);
  }
  return prepared;
}

}  // namespace npu
