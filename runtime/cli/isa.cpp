// npu isa: the manual of the instructions.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "isa/assembler/problems.h"
#include "isa/errors.h"
#include "isa/manual/manual.h"
#include "runtime/cli/commands.h"

namespace npu {
namespace {

struct Options {
  std::string name;
  bool markdown = false;
};

void show(const Options& options) {
  if (options.markdown) {
    fmt::print("{}", manual());
  } else if (options.name.empty()) {
    fmt::print("{}", manual_list());
  } else if (const auto page = manual_page(options.name)) {
    fmt::print("{}", *page);
  } else {
    throw InputError(options.name + ": no such instruction" +
                     hint(options.name, instruction_names()));
  }
}

}  // namespace

void register_isa(CLI::App& app) {
  CLI::App* command = app.add_subcommand("isa", "list the instructions or explain one");
  const auto options = std::make_shared<Options>();
  command->add_option("name", options->name, "instruction to explain; default: list all");
  command->add_flag("--markdown", options->markdown, "print the whole manual");
  command->callback([options] { show(*options); });
}

}  // namespace npu
