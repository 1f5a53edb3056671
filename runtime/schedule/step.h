// One forward pass of a model as a list of kernel launches over named tensors:
// what `npu generate` carries out and `npu estimate` costs.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "isa/types.h"
#include "kernels/ops/catalog.h"

namespace npu {

enum class TensorRole : uint8_t {
  kWeight,      // filled once from the model; its name is "layers.3.wq"
  kCache,       // keys or values of a layer, kept from step to step
  kActivation,  // made and used within the step
  kControl,     // indices that kernels read as numbers: token ids, cache rows
};

struct TensorSpec {
  std::string name;
  TensorRole role{};
  Type type{};
  std::vector<int64_t> dims;

  uint64_t bytes() const;
  uint64_t row_bytes() const;  // of one index of the first dimension
};

// A tensor of the step from one of its rows on, as a kernel argument.
struct TensorArgument {
  size_t tensor = 0;
  int64_t row = 0;
};
using StepArgument = std::variant<TensorArgument, int64_t>;

// One kernel launch of the step.
struct StepOperator {
  std::string name;                     // of its role in the model: "q_proj"
  const Operator* kernel = nullptr;     // of the catalog
  std::vector<OptionText> options;      // its shape, as the kernel's options
  std::vector<StepArgument> arguments;  // in the order of the program's parameters
};

struct Step {
  std::vector<TensorSpec> tensors;
  std::vector<StepOperator> operators;

  // Index of a tensor that the step has.
  size_t tensor(const std::string& name) const;
};

}  // namespace npu
