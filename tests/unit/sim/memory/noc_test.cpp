#include "sim/memory/noc.h"

#include <catch2/catch.hpp>

namespace npu {
namespace {

NocConfig config_of(const char* topology) {
  NocConfig config;
  config.topology = topology;
  config.bytes_per_cycle = 64;
  config.hop_latency = 10;
  config.columns = 4;
  return config;
}

TEST_CASE("a line passes one link of a crossbar and shares it with its group's other lines only") {
  Noc noc(config_of("crossbar"), 8, 8);
  CHECK(noc.hops(3, 5) == 1);
  CHECK(noc.to_group(0, 0, 3, 5, 640) == ticks_of(20));
  CHECK(noc.to_group(0, 0, 3, 1, 640) == ticks_of(30));
  CHECK(noc.to_group(0, 0, 4, 5, 640) == ticks_of(20));
  CHECK(noc.to_slice(0, 0, 3, 5, 640) == ticks_of(20));
}

TEST_CASE("a ring goes the shorter way round") {
  Noc noc(config_of("ring"), 8, 8);
  CHECK(noc.hops(0, 0) == 0);
  CHECK(noc.hops(0, 1) == 1);
  CHECK(noc.hops(0, 7) == 1);
  CHECK(noc.hops(0, 4) == 4);
  CHECK(noc.to_group(0, 0, 0, 4, 640) == ticks_of(10 + 4 * 10));
}

TEST_CASE("a mesh goes along the row and then along the column") {
  Noc noc(config_of("mesh"), 8, 8);  // 4 x 2
  CHECK(noc.hops(0, 3) == 3);
  CHECK(noc.hops(0, 7) == 4);
  // From slice 0 to groups 1 and 2 both go over the first link; from slice 2 to group 3 does not.
  CHECK(noc.to_group(0, 0, 1, 0, 640) == ticks_of(20));
  CHECK(noc.to_group(0, 0, 2, 0, 640) == ticks_of(20 + 2 * 10));
  CHECK(noc.to_group(0, 0, 3, 2, 640) == ticks_of(20));
  CHECK(noc.link_bytes() == 640 * 4);
}

TEST_CASE("nodes of a ring and a mesh hold any number of groups and slices") {
  for (const char* topology : {"ring", "mesh"}) {
    for (const auto& [groups, slices] : {std::pair{3, 7}, {24, 32}, {5, 1}, {1, 1}}) {
      Noc noc(config_of(topology), groups, slices);
      for (int group = 0; group < groups; ++group) {
        for (int slice = 0; slice < slices; ++slice)
          CHECK(noc.to_group(0, 0, group, slice, 64) >=
                ticks_of(static_cast<uint64_t>(noc.hops(group, slice)) * 10));
      }
    }
  }
}

}  // namespace
}  // namespace npu
