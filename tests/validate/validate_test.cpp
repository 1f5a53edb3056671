// Comparing with measurements, and the page that shows it.
#include "runtime/validate/validate.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "isa/errors.h"
#include "runtime/validate/bench.h"
#include "runtime/validate/bulk_tables.h"
#include "runtime/validate/tile_copy.h"
#include "tests/validate/bulk_folder.h"

namespace npu {
namespace {

std::vector<ValidationRow> family(const std::string& name) {
  ValidateOptions options;
  options.family = name;
  return validate(read_measurements(hardware_folder()), options);
}

TEST_CASE("errors are summed up by family and machine, without sign") {
  std::vector<ValidationRow> rows(4);
  const double predicted[] = {110, 80, 100, 0};
  for (size_t i = 0; i < 4; ++i) {
    rows[i].family = "f";
    rows[i].predicted = predicted[i];
    rows[i].measured = 100;
  }
  rows[3].unscored = "no shape";
  const auto summaries = summarise(rows);
  REQUIRE(summaries.size() == 1);
  CHECK(summaries[0].scored == 3);
  CHECK(summaries[0].unscored == 1);
  CHECK(summaries[0].mean == Approx(0.1));
  CHECK(summaries[0].median == Approx(0.1));
  CHECK(summaries[0].worst == Approx(0.2));
  CHECK(rows[1].error() == Approx(-0.2));
}

TEST_CASE("a family that does not exist is an error that names those that do") {
  CHECK_THROWS_WITH(family("mmma"), Catch::Contains("banks"));
}

TEST_CASE("an mma and the conflicts of banks take the published cycles") {
  for (const ValidationRow& row : family("mma")) {
    INFO(row.name);
    CHECK(std::abs(row.error()) < 0.03);
  }
  for (const ValidationRow& row : family("banks")) {
    INFO(row.name);
    if (row.unscored.empty()) CHECK(std::abs(row.error()) < 0.1);
  }
}

// Published for a 910B: rows aligned to 32 bytes take about 70 % of the rate of those aligned to
// 512, unaligned ones about half.
TEST_CASE("tiles of rows that share L2 lines with their neighbours load at the published shares") {
  Bench bench(load_machine("ascend-910b1"));
  const auto rate = [&](int64_t cols) {
    TileCopy c;
    c.cube = true;
    c.rows = 6144;
    c.cols = cols;
    c.tile_rows = 64;
    c.tile_cols = 256;
    const auto bytes = static_cast<uint64_t>(c.rows * c.cols * 2);
    return static_cast<double>(bytes) /
           static_cast<double>(bench.run(tile_copy(c), {bytes}, 0).cycles);
  };
  const double aligned = rate(6144);
  CHECK(rate(6144 - 16) / aligned == Approx(0.7).margin(0.05));
  CHECK(rate(6144 - 1) / aligned == Approx(0.5).margin(0.05));
}

TEST_CASE("bulk tables are compared where they are given") {
  const std::optional<std::string> path = test::bulk_folder();
  if (!path) return;
  std::vector<Measurement> rows = read_bulk_tables(*path);
  ValidateOptions options;
  options.family = "mma";
  const auto summaries = summarise(validate(rows, options));
  REQUIRE(summaries.size() == 2);
  for (const ValidationSummary& summary : summaries) {
    INFO(summary.machine);
    CHECK(summary.median < 0.03);
  }
}

}  // namespace
}  // namespace npu
