// Short programs written by hand as assembly, one for each kind of published micro-benchmark.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/instructions/operands.h"

namespace npu {

// `before` sets registers, `instruction` is what is timed, on `unit`. Parameters are integers: GM
// addresses of so many bytes.
struct MicroProgram {
  std::string section;  // ".cube" or ".vector"
  std::string before;
  std::string instruction;
  Unit unit{};
  std::vector<uint64_t> tensors;
  // Of a vector instruction: where its results go in turn (r6), so that none waits for another.
  int64_t target = 0, target_bytes = 0;

  // `times` of the instruction, each after all before have finished (`apart`), or one behind the
  // other.
  std::string text(int times, bool apart) const;
};

// One transfer of `bytes` between two memories (gm l1 l0a l0b l0c ub table), contiguous. An empty
// section means that the ISA has no such instruction.
MicroProgram copy_program(const std::string& from, const std::string& to, int64_t bytes);

// One mma of f16.
MicroProgram mma_program(int64_t m, int64_t n, int64_t k);

// Where the operands of a vector instruction lie in UB.
struct UbPlaces {
  int64_t d = 131072, a = 0, b = 65536;
};

// One vector instruction on `count` elements. `op` is a name of vector_operations(). A reduction
// takes rows of `row` elements.
MicroProgram vector_program(const std::string& op, const std::string& type, const std::string& to,
                            int64_t count, int64_t row, const UbPlaces& places);

// Whether vector_program knows the operation.
bool is_vector_operation(const std::string& op);

}  // namespace npu
