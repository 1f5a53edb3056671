// The `npu` command. Exit codes: 0 done and right, 1 a check failed or the guest program faulted, 2
// bad input, 3 a bug of npukit itself, 130 interrupted.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "isa/assembler/problems.h"
#include "isa/errors.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/terminal.h"

namespace {

constexpr int kFailed = 1, kBadInput = 2, kBug = 3, kInterrupted = 130;

// CLI11 would only say that a command is required.
void check_command(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
    if (names.back() == word) return;
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  throw npu::InputError(fmt::format("{}: no such command{}", word,
                                    npu::nearest(word, known).empty()
                                        ? fmt::format("; there are {}", fmt::join(names, ", "))
                                        : npu::hint(word, known)));
}

int run(CLI::App& app, int argc, char** argv) {
  try {
    if (argc > 1 && argv[1][0] != '-') check_command(app, argv[1]);
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "npu: {}\nSee npu --help.\n", error.what());
    return kBadInput;
  } catch (const npu::InputError& error) {
    fmt::print(stderr, "npu: {}\n", error.what());
    return kBadInput;
  } catch (const npu::CommandFailed& failure) {
    if (*failure.what()) fmt::print(stderr, "npu: {}\n", failure.what());
    return kFailed;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "npu: this host has too little memory for it; allowed: smaller shapes\n");
    return kBadInput;
  } catch (const std::exception& bug) {
    fmt::print(stderr, "npu: {}\nThis is a bug of npukit, not of your input.\n", bug.what());
    return kBug;
  }
  if (!npu::interrupted()) return 0;
  // A thread may still be at work: see ProgressLine::wait_for.
  std::fflush(nullptr);
  std::_Exit(kInterrupted);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"npukit: simulate a tensor-core NPU, run kernels on it by hand, cost whole models"};
  app.require_subcommand(1);
  npu::register_run(app);
  npu::register_check(app);
  npu::register_generate(app);
  npu::register_estimate(app);
  npu::register_asm(app);
  npu::register_dis(app);
  npu::register_isa(app);
  npu::register_validate(app);
  npu::register_machine(app);
  npu::register_performance(app);
  npu::catch_interrupt();
  return run(app, argc, argv);
}
