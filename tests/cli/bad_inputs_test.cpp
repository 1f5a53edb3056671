// Whatever is wrong with the input, the command says so once, clearly, and loses nothing.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/cli/command.h"
#include "tests/cli/input_files.h"

namespace npu::test {
namespace {

struct BadInput {
  std::string arguments, problem, allowed;
};

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<BadInput> bad_inputs() {
  std::vector<BadInput> table;
  std::ifstream text(std::string(NPU_SOURCE_DIR) + "/tests/cli/bad_inputs.txt");
  for (std::string line; std::getline(text, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream row(line);
    BadInput input;
    for (std::string* cell : {&input.arguments, &input.problem, &input.allowed}) {
      std::getline(row, *cell, '|');
      *cell = trimmed(*cell);
    }
    table.push_back(input);
  }
  return table;
}

size_t count_of(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE("bad input gives exit code 2, one report on stderr, and leaves every file as it was") {
  const std::vector<BadInput> table = bad_inputs();
  REQUIRE(table.size() >= 45);
  const InputFolder folder;
  const auto before = folder.snapshot();
  for (const BadInput& input : table) {
    const CommandResult result = npu(folder.path(), input.arguments);
    INFO("npu " << input.arguments << "\n" << result.out << result.err);
    CHECK(result.signal == 0);
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK(result.err.substr(0, 5) == "npu: ");
    CHECK(count_of("\n" + result.err, "\nnpu: ") == 1);
    CHECK(count_of(result.err, "bug of npukit") == 0);
    CHECK(count_of(result.err, input.problem) >= 1);
    CHECK(count_of(result.err, input.allowed) >= 1);
    CHECK(result.seconds < 5);
    CHECK(folder.snapshot() == before);
  }
}

}  // namespace
}  // namespace npu::test
