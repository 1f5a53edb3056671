// npu machine: the machines and systems there are, one of them as a data sheet, or a check of a
// file.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "runtime/cli/commands.h"
#include "runtime/report/machine_sheet.h"

namespace npu {
namespace {

struct MachineCommand {
  std::string name, check;
};

void list(const char* heading, const std::vector<std::string>& names) {
  fmt::print("{}\n", heading);
  for (const std::string& name : names) fmt::print("  {:<22} {}\n", name, load_machine(name).about);
}

void show(const MachineCommand& c) {
  if (!c.check.empty()) {
    const bool path = c.check.find('/') != std::string::npos;
    const bool yaml = c.check.size() > 5 && c.check.substr(c.check.size() - 5) == ".yaml";
    const MachineConfig machine = load_machine(path || yaml ? c.check : "./" + c.check);
    fmt::print("{}: good, {} {} of {} groups\n", c.check, machine.chips,
               machine.chips == 1 ? "chip" : "chips", machine.groups);
  }
  if (!c.name.empty()) fmt::print("{}", machine_sheet(load_machine(c.name)));
  if (!c.check.empty() || !c.name.empty()) return;
  list("machines", machine_names());
  list("systems of several chips", system_names());
}

}  // namespace

void register_machine(CLI::App& app) {
  CLI::App* command = app.add_subcommand("machine", "list the machines, show one or check a file");
  const auto c = std::make_shared<MachineCommand>();
  command->add_option("name", c->name, "machine or YAML file to show; default: list all");
  command->add_option("--check", c->check, "YAML file of a machine: every problem of it, or none");
  command->callback([c] { show(*c); });
}

}  // namespace npu
