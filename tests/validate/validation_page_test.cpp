// docs/validation.md tells what the model gives: the tables of each family are those that the
// command prints. With NPU_UPDATE_DOCS set they are written into the page instead.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "runtime/validate/bulk_tables.h"
#include "runtime/validate/report.h"
#include "tests/validate/bulk_folder.h"

namespace npu {
namespace {

const std::string kPage = NPU_SOURCE_DIR "/docs/validation.md";

// The text below a heading of the page, up to the next one.
struct Section {
  explicit Section(const std::string& heading) {
    std::ifstream in(kPage);
    std::stringstream text;
    text << in.rdbuf();
    page = text.str();
    const std::string line = "\n## " + heading + "\n\n";
    const size_t at = page.find(line);
    INFO("no section " << heading << " in " << kPage);
    REQUIRE(at != std::string::npos);
    begin = at + line.size();
    end = std::min(page.find("\n## ", begin), page.size());
  }
  std::string text() const { return page.substr(begin, end - begin); }

  std::string page;
  size_t begin = 0, end = 0;
};

void compare(const std::string& heading, const std::string& want) {
  Section section(heading);
  if (std::getenv("NPU_UPDATE_DOCS") != nullptr) {
    std::ofstream(kPage) << section.page.replace(section.begin, section.end - section.begin, want);
  } else {
    CHECK(section.text() == want);
  }
}

std::vector<ValidationRow> check_family(const std::string& family) {
  ValidateOptions options;
  options.family = family;
  std::vector<ValidationRow> rows = validate(read_measurements(hardware_folder()), options);
  compare(family, validation_markdown(rows));
  return rows;
}

// How far each machine's rows may be from what was measured: on the mean, and the worst of them.
void check_errors(const std::vector<ValidationRow>& rows, double mean, double worst) {
  for (const ValidationSummary& summary : summarise(rows)) {
    INFO(summary.family << " " << summary.machine);
    CHECK(summary.mean <= mean);
    CHECK(summary.worst <= worst);
  }
}

TEST_CASE("the page shows the model beside mma alone and in a row") { check_family("mma"); }
TEST_CASE("the page shows the model beside conflicts of banks") { check_family("banks"); }
TEST_CASE("the page shows the model beside single transfers") { check_family("dma"); }
TEST_CASE("the page shows the model beside copies by all cores, near them") {
  check_errors(check_family("copy"), 0.08, 0.20);
}
TEST_CASE("the page shows the model beside the sum's ladder, near it") {
  check_errors(check_family("add"), 0.08, 0.20);
}
TEST_CASE("the page shows the model beside the matrix product's ladder") { check_family("matmul"); }
TEST_CASE("the page shows the model beside operators of DeepSeek-V4, not far from them") {
  check_errors(check_family("dsv4-ops"), 0.20, 0.40);
}

TEST_CASE("the page shows the model beside bulk tables, where they are given") {
  const std::optional<std::string> path = test::bulk_folder();
  if (!path) return;
  compare("Bulk tables", summary_markdown(validate(read_bulk_tables(*path), {})));
}

}  // namespace
}  // namespace npu
