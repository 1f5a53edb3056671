// What `npu run` and `npu check` work on: an operator of the catalog with its options, or anybody's
// kernel in a file.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "isa/program/program.h"
#include "kernels/ops/catalog.h"
#include "sim/config/machine.h"

namespace CLI {
class App;
}

namespace npu {

struct KernelTarget {
  // Either an operator ...
  const Operator* kernel = nullptr;
  std::vector<OptionText> options;
  uint64_t seed = 1;
  // ... or a file with its arguments, each NAME=VALUE.
  std::string file;
  std::vector<std::string> arguments;  // NAME=@file.npy | NAME=number | NAME=f32[2,3]
  std::vector<std::string> outputs;    // NAME=@file.npy, written after the run
  std::vector<std::string> expected;   // NAME=@file.npy, compared after the run
  double rtol = 1e-3, atol = 1e-5;

  // "matmul m=8 ..." or the file's name.
  std::string text() const;
};

// Gives a command one subcommand an operator, with the operator's options, and the options of a
// kernel in a file.
std::shared_ptr<KernelTarget> add_kernel_target(CLI::App& command);

// A program from assembly text or an object file, told apart by their first bytes. Throws
// InputError.
Program load_program(const std::string& path);

// A program and what to launch it with.
struct PreparedKernel {
  std::shared_ptr<const Program> program;
  std::vector<OperatorArgument> arguments;
  std::optional<Options> options;  // of an operator, complete
};

// Builds or loads the kernel and makes its arguments: generated for an operator (without contents
// of data where `numbers` is false), from the command line for a file. Throws InputError with every
// problem.
PreparedKernel prepare(const KernelTarget& target, const Limits& machine, bool numbers);

}  // namespace npu
