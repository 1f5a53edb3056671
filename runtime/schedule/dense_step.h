// One forward pass of a dense transformer (Llama, Qwen3) as a list of kernel
// launches over named tensors. `npu generate` carries it out token after token;
// `npu estimate` costs it.
#pragma once

#include <cstdint>

#include "runtime/model/config.h"
#include "runtime/schedule/step.h"

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

// Throws InputError for a step that does not fit the model (more positions than
// it has, sizes below 1). Tensors to fill before the step: "ids" (rows) i32,
// "cache_rows" (rows) i32 for more than one sequence, "rope_cos" and
// "rope_sin". Left behind: "logits" (sequences, vocab) f32 of each sequence's
// last token, "next" (sequences) i32.
Step dense_step(const ModelConfig& model, const StepShape& shape);

}  // namespace npu
