// The presets of configs/machines.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

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

TEST_CASE("every system loads, joins chips, and says where its links come from") {
  const std::map<std::string, int> published = {{"server-910b-x8", 8},
                                                {"cluster-950dt-x16", 16},
                                                {"cluster-950dt-x64", 64},
                                                {"packages-910c-x64", 2 * 64},
                                                {"packages-910c-x384", 2 * 384}};
  const std::vector<std::string> names = system_names();
  for (const auto& [name, chips] : published) {
    INFO(name);
    REQUIRE(std::find(names.begin(), names.end(), name) != names.end());
    CHECK(load_machine(name).chips == chips);
  }
  for (const std::string& name : names) {
    INFO(name);
    const MachineConfig machine = load_machine(name);
    CHECK(machine.chips > 1);
    CHECK(!machine.about.empty());
    CHECK(machine.sources.count("link") + machine.sources.count("link.topology") > 0);
    const MachineConfig again = parse_machine(dump_machine(machine), "dump.yaml");
    CHECK(again.chips == machine.chips);
    CHECK(again.link.topology == machine.link.topology);
    CHECK(again.link.latency_nanoseconds == machine.link.latency_nanoseconds);
  }
}

TEST_CASE("the links of a system carry what is published of a card, a chip or a package") {
  const LinkConfig server = load_machine("server-910b-x8").link;
  CHECK(2 * 7 * server.gigabytes_per_second == Approx(392));
  const LinkConfig cluster = load_machine("cluster-950dt-x64").link;
  CHECK(2 * cluster.gigabytes_per_second == Approx(2000));
  const LinkConfig packages = load_machine("packages-910c-x384").link;
  CHECK(2 * packages.gigabytes_per_second == Approx(392));
  CHECK(3 * packages.latency_nanoseconds < 1000);
  CHECK(packages.uplink_gigabytes_per_second ==
        Approx(packages.leaf * packages.gigabytes_per_second));
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
