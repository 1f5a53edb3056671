#include "runtime/cli/launch_option.h"

#include <CLI/CLI.hpp>

namespace npu {

std::shared_ptr<LaunchOption> add_launch_option(CLI::App& command) {
  auto option = std::make_shared<LaunchOption>();
  command
      .add_option("--launch", option->name,
                  "what a launch costs: host, a call of the host; graph, the next kernel of a "
                  "captured graph")
      ->check(CLI::IsMember({"host", "graph"}))
      ->capture_default_str();
  return option;
}

}  // namespace npu
