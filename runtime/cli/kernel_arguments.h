// The arguments of a kernel in a file: arrays and numbers from the command line, made to fit its
// parameters, and the arrays that its results are written to and compared with.
#pragma once

#include <string_view>
#include <vector>

#include "runtime/cli/kernel_target.h"

namespace npu {

// One argument for each parameter, in their order. Finds out everything that can be wrong with the
// files to read, to write and to compare with before the kernel runs. Throws InputError with every
// problem.
std::vector<OperatorArgument> file_arguments(const KernelTarget& target, const Program& program);

// Throws InputError for what the host's memory cannot hold twice, as an argument and in the
// simulated memory, before anybody tries.
void check_host_memory(std::string_view what, double bytes);

// Writes the outputs asked for. Throws InputError where a file cannot be written.
void write_outputs(const KernelTarget& target, const std::vector<OperatorArgument>& arguments);

// The expected contents of one argument with their bounds, rtol * |want| + atol (exact for
// integers); empty `want` where nothing was expected of it.
Expected expected_of(const KernelTarget& target, const OperatorArgument& argument);

}  // namespace npu
