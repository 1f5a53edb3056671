#include "tests/structure/include_rules.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace npu::structure {
namespace {

const std::string kRoot = NPU_SOURCE_DIR;

std::string read(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool in_repository(const std::string& path) {
  return std::filesystem::is_regular_file(kRoot + "/" + path);
}

// For planted violations the included file need not exist.
std::vector<std::string> planted(const std::string& path, const std::string& line) {
  return include_violations(path, "#pragma once\n" + line + "\n",
                            [](const std::string&) { return true; });
}

TEST_CASE("every include of the four layers goes the allowed way") {
  const std::vector<std::string> sources = layered_sources(kRoot);
  CHECK(sources.size() > 10);
  std::string found;
  for (const std::string& path : sources) {
    for (const std::string& line :
         include_violations(path, read(kRoot + "/" + path), in_repository)) {
      found += line + "\n";
    }
  }
  CHECK(found == "");
}

TEST_CASE("what an installed header includes is installed too") {
  std::set<std::string> installed;
  std::istringstream lines(read(NPU_PUBLIC_HEADERS));
  for (std::string line; std::getline(lines, line);) installed.insert(line);
  CHECK(installed.count("kernels/kit/kit.h") == 1);
  CHECK(installed.count("runtime/device/device.h") == 1);
  std::string missing;
  for (const std::string& path : installed) {
    for (const std::string& included : repository_includes(read(kRoot + "/" + path))) {
      if (installed.count(included) == 0) missing += path + " includes " + included + "\n";
    }
  }
  CHECK(missing == "");
}

TEST_CASE("an include against the direction of the layers is found with its line") {
  CHECK(planted("kernels/kit/ring.h", "#include \"sim/timing/queue.h\"") ==
        std::vector<std::string>{"kernels/kit/ring.h:2: kernels/kit/ may not include "
                                 "\"sim/timing/queue.h\"; it sees isa/, kernels/kit/"});
  const auto line = GENERATE(as<std::pair<std::string, std::string>>{},
                             std::pair{"isa/encoding/encode.cpp", "sim/timing/wheel.h"},
                             std::pair{"isa/types.h", "kernels/kit/kernel.h"},
                             std::pair{"isa/numerics/f16.h", "isa/instructions/vector.h"},
                             std::pair{"kernels/kit/kernel.h", "kernels/ops/matmul.h"},
                             std::pair{"kernels/ops/matmul.cpp", "runtime/device/device.h"},
                             std::pair{"kernels/asm/matmul.cpp", "sim/check/race.h"},
                             std::pair{"sim/timing/cube.cpp", "kernels/kit/kernel.h"},
                             std::pair{"sim/timing/cube.cpp", "sim/soc/chip.h"},
                             std::pair{"sim/soc/chip.cpp", "runtime/device/device.h"},
                             std::pair{"runtime/model/llama.cpp", "runtime/cli/run.h"});
  CAPTURE(line.first, line.second);
  CHECK(planted(line.first, "  #  include \"" + line.second + "\"  // why").size() == 1);
}

TEST_CASE("a library outside its folders is found") {
  const auto line = GENERATE(
      as<std::pair<std::string, std::string>>{}, std::pair{"sim/timing/wheel.h", "systemc"},
      std::pair{"runtime/device/device.cpp", "systemc.h"}, std::pair{"sim/memory/l2.h", "tlm"},
      std::pair{"sim/timing/wheel.cpp", "sysc/kernel/sc_time.h"},
      std::pair{"isa/limits/limits.cpp", "yaml-cpp/yaml.h"},
      std::pair{"runtime/report/table.cpp", "iostream"},
      std::pair{"sim/config/machine.h", "CLI/CLI.hpp"}, std::pair{"isa/types.h", "ranges"});
  CAPTURE(line.first, line.second);
  CHECK(planted(line.first, "#include <" + line.second + ">").size() == 1);
}

TEST_CASE("an include with the direction of the layers passes") {
  const auto line = GENERATE(as<std::pair<std::string, std::string>>{},
                             std::pair{"isa/numerics/f16.h", "\"isa/types.h\""},
                             std::pair{"kernels/ops/matmul.cpp", "\"kernels/kit/kernel.h\""},
                             std::pair{"sim/soc/chip.cpp", "\"sim/timing/cube.h\""},
                             std::pair{"sim/soc/chip.cpp", "<systemc>"},
                             std::pair{"sim/timing/cube.cpp", "\"isa/limits/limits.h\""},
                             std::pair{"runtime/cli/main.cpp", "<iostream>"},
                             std::pair{"runtime/cli/main.cpp", "\"runtime/device/device.h\""},
                             std::pair{"isa/types.h", "<cstdint>"});
  CAPTURE(line.first, line.second);
  CHECK(planted(line.first, "#include " + line.second).empty());
}

TEST_CASE("an include that is not a path from the repository root is found") {
  const auto nothing = [](const std::string&) { return false; };
  CHECK(include_violations("isa/numerics/f16.cpp", "#include \"f16.h\"\n", nothing) ==
        std::vector<std::string>{
            "isa/numerics/f16.cpp:1: \"f16.h\" is no path from the repository root"});
}

}  // namespace
}  // namespace npu::structure
