// The table of faulty programs: reads table.txt and the programs beside it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "isa/program/program.h"

namespace npu::test {

struct FaultCase {
  std::string name, machine, how, fault, detail;
};

std::vector<FaultCase> fault_table();

// A program of tests/faults/programs and the line marked "; faults", 0 if there is none.
struct FaultyProgram {
  std::shared_ptr<const Program> program;
  uint32_t line = 0;
};
FaultyProgram faulty_program(const std::string& name);

}  // namespace npu::test
