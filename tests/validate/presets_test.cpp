// The presets of configs/machines.
#include <algorithm>
#include <catch2/catch.hpp>

#include "runtime/validate/validate.h"

namespace npu {
namespace {

TEST_CASE("every preset loads, and says what it is and where its numbers come from") {
  const std::vector<std::string> names = machine_names();
  for (const char* wanted : {"tiny", "base", "ascend-910b1", "ascend-910b2", "ascend-910b3",
                             "ascend-910c", "ascend-950pr", "ascend-950dt"}) {
    CHECK(std::find(names.begin(), names.end(), wanted) != names.end());
  }
  for (const std::string& name : names) {
    INFO(name);
    const MachineConfig machine = load_machine(name);
    CHECK(!machine.about.empty());
    CHECK(machine.sources.count("clock_ghz") == 1);
    if (name.starts_with("ascend-")) {
      CHECK(machine.sources.count("memory.hbm.gigabytes_per_second") == 1);
    }
  }
}

TEST_CASE("the cubes of a preset reach the published peak") {
  const auto tera_flops = [](const char* name) {
    const MachineConfig m = load_machine(name);
    const Limits limits = limits_of(m);
    return 2 * limits.cube_macs_per_cycle_f16 * m.groups * m.clock_ghz * 1e-3;
  };
  CHECK(tera_flops("ascend-910b1") == Approx(363.7).epsilon(0.001));
  CHECK(tera_flops("ascend-950pr") == Approx(432).epsilon(0.002));
  CHECK(tera_flops("ascend-950dt") == Approx(547).epsilon(0.005));
}

TEST_CASE("a preset is fitted with some forty parameters at most") {
  for (const char* name : {"ascend-910b1", "ascend-910b3", "ascend-950pr"}) {
    INFO(name);
    CHECK(fitted_parameters(load_machine(name)) > 0);
    CHECK(fitted_parameters(load_machine(name)) <= 40);
  }
}

}  // namespace
}  // namespace npu
