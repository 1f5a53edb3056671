// The built npu command run as a user runs it: arguments in; exit code, output and errors out.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace npu::test {

struct CommandResult {
  int code = -1;   // exit code; -1 if a signal ended it
  int signal = 0;  // that signal
  std::string out, err;
  double seconds = 0;              // of wall time
  double seconds_after_interrupt;  // from the interrupt to the end
};

// Splits at spaces; '...' is one argument.
std::vector<std::string> words_of(const std::string& arguments);

// Runs `npu arguments` in `folder`; with interrupt_after, sends it Ctrl-C after so many seconds.
// A command that takes longer than 60 seconds is killed.
CommandResult npu(const std::string& folder, const std::string& arguments,
                  std::optional<double> interrupt_after = std::nullopt);

}  // namespace npu::test
