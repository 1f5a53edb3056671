// One forward pass of a DeepSeek-V4 model over tokens of one sequence, as a
// list of kernel launches over named tensors.
#pragma once

#include <cstdint>

#include "runtime/model/v4_config.h"
#include "runtime/schedule/step.h"

namespace npu {

enum class V4Arithmetic : uint8_t {
  kF32,  // everything; stored weights are multiplied by their scales before
  // As the model's own code computes: activations of bf16, linear layers of e4m3 activations
  // (quantised here, 1 x 128) and fp8 or fp4 weights with their scales, keys rounded to e4m3 by 64
  // channels, the indexer's queries and keys rotated and rounded to fp4.
  kNative,
};

struct V4StepShape {
  int64_t tokens = 1;    // of this step, behind one another
  int64_t past = 0;      // tokens before them
  int64_t capacity = 1;  // of the sequence; at least past + tokens
  int64_t most = 1;      // tokens of any step: the window's ring has room for them
  V4Arithmetic arithmetic = V4Arithmetic::kF32;

  // A layer's cache: the ring of the window, then the compressed entries. The
  // token at position p has row p % ring(), so that all rows that this step's
  // queries see are there at once.
  int64_t ring(const V4Config& config) const { return config.window + most - 1; }
  int64_t entries(int64_t ratio) const;  // of compressed rows, at least one
};

// Columns of a layer's lists: the window, then entries: all of them, or the
// indexer's choice.
int64_t v4_list_width(const V4Config& config, const V4StepShape& shape, int64_t ratio);

// To fill before the step: "ids" (tokens), "stream_ids"
// (tokens * streams: each id repeated), "ring_rows" (tokens), "group_counts" (o_groups: tokens
// each), for more than one token "to_groups" and "to_tokens" (tokens * o_groups: from the order by
// token to that by group of heads and back), and for each ratio R of the model "lists.R" (tokens,
// width): the rows of the cache that a token sees, -1 for none; of ratio 4 the step itself fills
// what is behind the window. Cosines and sines "rope_cos.plain", "rope_sin.plain" and those of
// ".yarn" (capacity, rope_dim / 2). Gate states start at -inf, all other caches at 0. Left behind:
// "logits" (1, vocab) and "next" (1) after the last token. Throws InputError for a step beyond the
// model's positions, or where an epsilon is not the kernels' 1e-6.
Step v4_step(const V4Config& config, const V4StepShape& shape);

// One layer alone, from the streams "h" (tokens, streams * hidden) to "h". Operator "o_b_proj"
// leaves the attention's result in "y" (tokens, hidden), "combine" that of the experts.
Step v4_layer_step(const V4Config& config, const V4StepShape& shape, int64_t layer);

}  // namespace npu
