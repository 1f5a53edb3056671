#include "sim/record/record.h"

#include <catch2/catch.hpp>

namespace npu {
namespace {

RunRecord two_cores() {
  RunRecord record;
  record.machine.assign(1, 'm');
  record.clock_ghz = 2;
  record.cycles = 100;
  record.cores.resize(2);
  record.cores[0].core = 0;
  record.cores[1].core = 1;
  record.cores[0].units[static_cast<size_t>(Unit::kCube)].cycles[0] = 60;
  record.cores[0].units[static_cast<size_t>(Unit::kCube)].cycles[8] = 40;
  record.cores[0].units[static_cast<size_t>(Unit::kLoad)].instructions = 3;
  record.cores[1].units[static_cast<size_t>(Unit::kLoad)].instructions = 4;
  record.cores[0].ideal_mma_cycles = 50;
  return record;
}

TEST_CASE("totals add a unit over the cores that have it") {
  const RunRecord record = two_cores();
  CHECK(record.total(Unit::kCube).busy() == 60);
  CHECK(record.total(Unit::kLoad).instructions == 7);
}

TEST_CASE("the share of the cubes' peak counts cube cores only") {
  CHECK(two_cores().cube_share() == Approx(0.5));
  CHECK(RunRecord{}.cube_share() == 0);
}

TEST_CASE("the text names cycles, time, units and causes") {
  const std::string text = two_cores().text();
  CHECK(text.find("100 cycles = 0.050 us at 2 GHz on m") != std::string::npos);
  CHECK(text.find("cube") != std::string::npos);
  CHECK(text.find("60.0%") != std::string::npos);
  CHECK(text.find("handover") != std::string::npos);
}

}  // namespace
}  // namespace npu
