// One forward pass of a dense transformer (Llama, Qwen3) as a list of kernel launches over named
// tensors. `npu generate` carries it out token after token; `npu estimate` costs it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "kernels/ops/catalog.h"
#include "runtime/model/config.h"

namespace npu {

// Tokens that go through the model together.
struct StepShape {
  int64_t sequences = 1;   // of a decode step: one new token each
  int64_t tokens = 1;      // of a prefill step: of its one sequence; 1 in a decode step
  int64_t past = 0;        // cached tokens of every sequence before this step
  int64_t capacity = 1;    // rows of every sequence's cache; at least past + tokens
  Type type = Type::kF16;  // of weights, activations and cache; sums and logits are f32

  int64_t rows() const { return sequences * tokens; }
  bool decode() const { return tokens == 1; }
};

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

// Throws InputError for a step that does not fit the model (more positions than it has, sizes below
// 1). Tensors to fill before the step: "ids" (rows) i32, "cache_rows" (rows) i32 for more than one
// sequence, "rope_cos" and "rope_sin". Left behind: "logits" (sequences, vocab) f32 of each
// sequence's last token, "next" (sequences) i32.
Step dense_step(const ModelConfig& model, const StepShape& shape);

}  // namespace npu
