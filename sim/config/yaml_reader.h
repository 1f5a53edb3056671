// Fills a machine's fields from a YAML node and collects everything that is wrong with it.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "sim/config/machine.h"

namespace npu {

// Reads the fields of `root` that are there into `machine`; others keep their values. Every problem
// becomes a line "file:line: name: what is wrong; what is allowed" in `problems`.
void read_fields(const YAML::Node& root, const std::string& file, MachineConfig& machine,
                 std::vector<std::string>& problems);

// Problems between fields, each a line as above.
void check_machine(const MachineConfig& machine, const std::string& file,
                   std::vector<std::string>& problems);

}  // namespace npu
