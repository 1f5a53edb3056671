// --launch: what starts the kernels of a command, for the time that it adds to theirs.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "sim/config/launch.h"

namespace CLI {
class App;
}

namespace npu {

struct LaunchOption {
  std::string name = "host";

  LaunchFrom from() const { return name == "graph" ? LaunchFrom::kGraph : LaunchFrom::kHost; }
  std::string_view text() const { return name == "graph" ? "in a graph" : "from the host"; }
};

std::shared_ptr<LaunchOption> add_launch_option(CLI::App& command);

}  // namespace npu
