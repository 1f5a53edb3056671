#include "tests/faults/fault_table.h"

#include <array>
#include <fstream>
#include <sstream>

#include "isa/assembler/assembler.h"
#include "isa/errors.h"

namespace npu::test {

namespace {

const std::string kFolder = std::string(NPU_SOURCE_DIR) + "/tests/faults/";

std::string contents(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw InputError(path + ": cannot be read");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(' ');
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

std::vector<FaultCase> fault_table() {
  std::vector<FaultCase> table;
  std::istringstream text(contents(kFolder + "table.txt"));
  for (std::string line; std::getline(text, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::array<std::string, 5> cells;
    std::istringstream row(line);
    for (std::string& cell : cells) {
      std::getline(row, cell, '|');
      cell = trimmed(cell);
    }
    table.push_back({cells[0], cells[1], cells[2], cells[3], cells[4]});
  }
  return table;
}

FaultyProgram faulty_program(const std::string& name) {
  const std::string file = name + ".npuasm";
  const std::string text = contents(kFolder + "programs/" + file);
  FaultyProgram result{std::make_shared<const Program>(assemble(text, file))};
  const size_t mark = text.find("; faults");
  if (mark == std::string::npos) return result;
  result.line = 1;
  for (size_t i = 0; i < mark; ++i) result.line += text[i] == '\n' ? 1 : 0;
  return result;
}

}  // namespace npu::test
