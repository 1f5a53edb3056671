// Attention: out = softmax(q k^T * scale) v for each head, with groups of query heads that share
// one head of keys and values. Two kernels: causal flash attention over many query tokens
// (prefill), and one query token a sequence against its cache (decode).
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct AttentionShape {
  int64_t tokens = 0;               // query tokens; a sequence each for decode
  int64_t heads = 0, kv_heads = 0;  // heads is a multiple of kv_heads
  int64_t head_dim = 0;             // at least 2
  int64_t capacity = 0;             // rows of the key and value cache (of each sequence for decode)
  Type type = Type::kF16;           // of q, k, v and out: f32 f16 bf16
  float scale = 0;                  // of the scores; 0 means 1 / sqrt(head_dim)
  int64_t value_dim = 0;            // channels of a value; 0 means head_dim
  bool shared = false;              // a value is the first value_dim channels of its key

  int64_t group() const { return heads / kv_heads; }
  int64_t values() const { return value_dim != 0 ? value_dim : head_dim; }
  float scale_or_default() const;
  void check(const Limits& machine) const;  // throws InputError
};

// Causal: query t sees keys 0 .. past + t. Parameters: q (tokens, heads * head_dim), k and v
// (capacity, kv_heads * head_dim), out like q, past (int): keys cached before query 0, with
// past + tokens <= capacity.
Program flash_attention(const Limits& machine, const AttentionShape& shape);

// Query s sees the first `keys` rows of sequence s. Parameters: q (tokens, heads * head_dim), k and
// v (tokens * capacity, kv_heads * head_dim), out like q, keys (int): 1 .. capacity.
Program decode_attention(const Limits& machine, const AttentionShape& shape);

// In double. Scores are off by scale * gamma_{head_dim + 2} |q| |k|, which moves a probability by
// that factor, as do the rounding of probabilities to the type of v and the sums.
Expected flash_attention_reference(const AttentionShape& shape, std::span<const double> q,
                                   std::span<const double> k, std::span<const double> v,
                                   int64_t past);
Expected decode_attention_reference(const AttentionShape& shape, std::span<const double> q,
                                    std::span<const double> k, std::span<const double> v,
                                    int64_t keys);

}  // namespace npu
