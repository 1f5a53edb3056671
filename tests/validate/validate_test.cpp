// Comparing with measurements, and the page that shows it.
#include "runtime/validate/validate.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "isa/errors.h"
#include "runtime/validate/bulk_tables.h"
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
