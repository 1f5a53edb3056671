// docs/performance.md against a new run of every row that is not slow.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "runtime/files/configs.h"
#include "runtime/performance/report.h"

namespace npu {
namespace {

std::string page() {
  std::ifstream file(NPU_SOURCE_DIR "/docs/performance.md");
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_CASE("docs/performance.md shows what the kernels do") {
  const std::string text = page();
  PerformanceOptions options;
  options.without_slow = true;
  std::istringstream lines(performance_markdown(
      measure_performance(read_performance_cases(configs_path("performance.yaml")), options)));
  for (std::string line; std::getline(lines, line);) {
    INFO(line << "\nnpu performance --update docs/performance.md writes the page anew");
    CHECK(text.find(line + "\n") != std::string::npos);
  }
}

TEST_CASE("docs/performance.md has each share of each row once, and no others") {
  size_t expected = 0, found = 0;
  const std::string text = page();
  for (const PerformanceCase& c : read_performance_cases(configs_path("performance.yaml"))) {
    expected += c.shares.size();
    INFO(c.machine << " " << c.name);
    CHECK(text.find("| " + c.machine + " | " + c.name + (c.slow ? " (slow) |" : " |")) !=
          std::string::npos);
  }
  std::istringstream lines(text.substr(text.find("| machine | row |")));
  for (std::string line; std::getline(lines, line);) ++found;
  CHECK(found == expected + 2);  // the head and its rule
}

}  // namespace
}  // namespace npu
