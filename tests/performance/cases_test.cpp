// The rows of the performance table as they lie in their file.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "isa/errors.h"
#include "runtime/files/configs.h"
#include "runtime/performance/performance.h"
#include "runtime/performance/report.h"

namespace npu {
namespace {

namespace fs = std::filesystem;

// A file of rows, gone with the object.
class File {
 public:
  explicit File(const std::string& text)
      : path_(fs::temp_directory_path() / "npu_performance_cases_test.yaml") {
    std::ofstream(path_) << text;
  }
  ~File() { fs::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

std::vector<PerformanceCase> cases_of(const std::string& text) {
  const File file(text);
  return read_performance_cases(file.path());
}

const char* const kSmall =
    "rows:\n"
    "  - name: small\n"
    "    machine: tiny\n"
    "    kernel: matmul\n"
    "    with: {m: 16, n: 16, k: 16}\n"
    "    dense: {m: 16, n: 16, k: 16}\n"
    "    shares: {cube_peak: ~, dense: 100}\n";

TEST_CASE("a row of the performance table says what runs and what it is a share of") {
  const auto cases = cases_of(kSmall);
  REQUIRE(cases.size() == 1);
  CHECK(cases[0].call.kernel == "matmul");
  CHECK(cases[0].call.options.size() == 3);
  REQUIRE(cases[0].shares.size() == 2);
  CHECK(cases[0].shares[0].bound == Bound::kCubePeak);
  CHECK_FALSE(cases[0].shares[0].target);
  CHECK(cases[0].shares[1].target == 100);
}

TEST_CASE("mistakes in the performance table are told together, with their places") {
  try {
    cases_of(
        "colour: red\nrows:\n  - {name: a, machine: tiny, kernel: add, sharse: {hbm: 1}}\n"
        "  - {name: b, machine: tiny, kernel: add, shares: {peak: 1, hbm: ~}}\n"
        "  - {name: b, machine: tiny, kernel: add, shares: {dense: 1}}\n");
    FAIL("accepted");
  } catch (const InputError& error) {
    const std::string text = error.what();
    for (const char* part : {".yaml:1: \"colour\"", ".yaml:3: \"sharse\"", "needs name, machine",
                             ".yaml:4: \"peak\"", ".yaml:5: \"b\": twice", "go together"}) {
      INFO(text);
      CHECK(text.find(part) != std::string::npos);
    }
  }
}

TEST_CASE("a product is as fast as itself, and of a peak it has a share") {
  const auto rows = measure_performance(cases_of(kSmall), {});
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].cycles > 0);
  CHECK(rows[0].shares[0] > 0);
  CHECK(rows[0].shares[0] < 100);
  CHECK(rows[0].shares[1] == Approx(100));
  CHECK(rows[0].meets(0));
  CHECK(rows[0].meets(1));
}

TEST_CASE("a target is met at the tenth of a percent that is printed") {
  PerformanceRow row;
  row.what.shares = {{Bound::kHbm, 80}, {Bound::kHbm, 80}};
  row.shares = {79.96, 79.94};
  CHECK(row.meets(0));
  CHECK_FALSE(row.meets(1));
}

TEST_CASE("a choice without rows is an error that names what there is") {
  PerformanceOptions options;
  options.row = "large";
  CHECK_THROWS_WITH(measure_performance(cases_of(kSmall), options), Catch::Contains("small"));
}

TEST_CASE("a page without a place for the table is refused") {
  CHECK_THROWS_AS(page_with_performance("# A page\n", {}), InputError);
}

TEST_CASE("every slow row has a quick one of the same kernel and machine") {
  const auto cases = read_performance_cases(configs_path("performance.yaml"));
  for (const PerformanceCase& slow : cases) {
    if (!slow.slow) continue;
    INFO(slow.name);
    CHECK(std::any_of(cases.begin(), cases.end(), [&](const PerformanceCase& other) {
      return !other.slow && other.machine == slow.machine && other.call.kernel == slow.call.kernel;
    }));
  }
}

}  // namespace
}  // namespace npu
