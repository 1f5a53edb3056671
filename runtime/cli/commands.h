// The subcommands of `npu`: each registers itself with its options; its callback does the work and
// throws InputError for bad input or CommandFailed for a result that is not as it should be.
#pragma once

#include <stdexcept>
#include <string>

namespace CLI {
class App;
}

namespace npu {

// A command that ran but whose result is bad: a failed check, a fault of the guest program. Exit
// code 1; the command has already printed what it found.
class CommandFailed : public std::runtime_error {
 public:
  explicit CommandFailed(const std::string& message) : std::runtime_error(message) {}
};

void register_run(CLI::App& app);
void register_check(CLI::App& app);
void register_generate(CLI::App& app);
void register_estimate(CLI::App& app);
void register_asm(CLI::App& app);
void register_dis(CLI::App& app);
void register_isa(CLI::App& app);
void register_validate(CLI::App& app);
void register_machine(CLI::App& app);
void register_performance(CLI::App& app);

}  // namespace npu
