// Every operator as one table: its options, the program, generated arguments, the reference with
// its error bound, and the work a roofline needs. The command and the tests are generic over it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"
#include "kernels/ops/host_tensor.h"
#include "kernels/ops/options.h"

namespace npu {

// One argument of a launch, in the order of Program::parameters.
struct OperatorArgument {
  std::string_view name;
  Parameter::Kind kind = Parameter::Kind::kTensor;
  bool output = false;    // if the kernel writes all of it, 0xff bytes (NaN) until then
  bool control = false;   // its contents matter in timing-only too
  bool per_chip = false;  // row i of its first dimension is chip i's; otherwise all have the same
  HostTensor tensor;      // of kTensor
  int64_t value = 0;      // of kInt
  float real = 0;         // of kF32
};

// Whether tensors that are data get contents: a timing-only run needs none (bytes stay empty).
enum class Contents { kAll, kControlOnly };

// What no implementation can avoid: the multiply-adds of the cube, and every byte that it must read
// or write once. What a launch need not touch, such as the free rows of a cache, does not count.
struct Work {
  double macs = 0;
  Type cube_type = Type::kF16;
  double read_bytes = 0;
  double written_bytes = 0;
};

struct Operator {
  std::string_view name;
  std::string_view doc;        // one line
  std::string_view formula;    // of the reference
  std::string_view tolerance;  // where the bound comes from
  std::vector<OptionSpec> options;

  // All of them throw InputError for options or shapes that make no sense or that the machine
  // cannot do.
  Program (*program)(const Limits& machine, const Options& options) = nullptr;
  std::vector<OperatorArgument> (*arguments)(const Options& options, uint64_t seed,
                                             Contents contents) = nullptr;
  // One entry an output, in the order of the arguments, which must have contents.
  std::vector<Expected> (*expected)(const Options& options,
                                    std::span<const OperatorArgument> arguments) = nullptr;
  Work (*work)(const Options& options) = nullptr;
};

// In alphabetical order.
const std::vector<Operator>& catalog();

// Throws InputError with the names there are.
const Operator& find_operator(std::string_view name);

}  // namespace npu
