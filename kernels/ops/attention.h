// Attention: out = softmax(q k^T * scale) v for each head, with groups of query heads that share
// one head of keys and values. Many query tokens at once (prefill), or one query token a sequence
// against its cache (decode), and both for multi-head latent attention (MLA).
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
  int64_t window = 0;               // prefill: newest keys a query sees, itself one; 0 means all
  bool sinks = false;               // prefill: a score a head in the denominator, without a value
  int64_t sequences = 0;            // prefill: of any lengths, end to end; 0: one, with a past
  int64_t rope_dim = 0;             // mla_prefill: last channels of a key, shared by all heads
  int64_t page = 0, pages = 0;      // paged: rows of a page, and pages of the cache

  int64_t group() const { return heads / kv_heads; }
  int64_t values() const { return value_dim != 0 ? value_dim : head_dim; }
  float scale_or_default() const;
  // Each throws InputError.
  void check(const Limits& machine) const;
  void check_mla(const Limits& machine) const;
  void check_pages(const Limits& machine, int64_t tile) const;  // of keys
};

// Causal: query t sees keys 0 .. past + t. Parameters: q (tokens, heads * head_dim), k and v
// (capacity, kv_heads * head_dim), out like q, past (int): keys cached before query 0, with
// past + tokens <= capacity. With sequences, instead of past: q_starts and k_starts (sequences + 1)
// of i32; sequence s has the rows q_starts[s] .. q_starts[s + 1] of q and out and those of k and v
// that k_starts says, no fewer, its queries at their end; it may be empty. With sinks at last:
// sinks (heads) of f32.
Program flash_attention(const Limits& machine, const AttentionShape& shape);

// The same with keys in two parts. kv (capacity, heads * (head_dim - rope_dim + value_dim)) holds
// for each head its own channels of the key and then the value, k_pe (capacity, rope_dim) the
// channels of the keys that all heads share. Parameters: q, kv, k_pe, out (tokens, heads *
// value_dim), and as for flash_attention. head_dim - rope_dim is whole native tiles.
Program mla_prefill(const Limits& machine, const AttentionShape& shape);

// Query s sees the first `keys` rows of sequence s. Parameters: q (tokens, heads * head_dim), k and
// v (tokens * capacity, kv_heads * head_dim), out like q, keys (int): 1 .. capacity.
Program decode_attention(const Limits& machine, const AttentionShape& shape);

// Row r of sequence s is row r % page of page tables[s, r / page]. Parameters: q, k and v (pages *
// page, kv_heads * head_dim), tables (tokens, ceil(capacity / page)) and lengths (tokens) of i32,
// out. A length may be 0: its output is 0. A page is as many keys as a tile, or divides it, or is a
// multiple of it: a power of two will do.
Program paged_attention(const Limits& machine, const AttentionShape& shape);

// Absorbed: q holds the latent query and the turned part, and all heads share the rows of cache
// (tokens * capacity, head_dim), whose first value_dim channels are the latent values. Parameters:
// q (tokens, heads * head_dim), cache, out (tokens, heads * value_dim), keys (int) as for decode.
Program mla_decode(const Limits& machine, const AttentionShape& shape);

// What prefill is given beside q, k and v.
struct PrefillArguments {
  int64_t past = 0;
  std::span<const double> q_starts = {}, k_starts = {};  // with sequences
  std::span<const double> sinks = {};                    // with sinks
};

// In double. Scores are off by scale * gamma_{head_dim + 2} |q| |k|, which moves a probability by
// that factor, as do the rounding of probabilities to the type of v and the sums.
Expected flash_attention_reference(const AttentionShape& shape, std::span<const double> q,
                                   std::span<const double> k, std::span<const double> v,
                                   const PrefillArguments& arguments);
Expected mla_prefill_reference(const AttentionShape& shape, std::span<const double> q,
                               std::span<const double> kv, std::span<const double> k_pe,
                               const PrefillArguments& arguments);
Expected decode_attention_reference(const AttentionShape& shape, std::span<const double> q,
                                    std::span<const double> k, std::span<const double> v,
                                    int64_t keys);
Expected paged_attention_reference(const AttentionShape& shape, std::span<const double> q,
                                   std::span<const double> k, std::span<const double> v,
                                   std::span<const double> tables, std::span<const double> lengths);
Expected mla_decode_reference(const AttentionShape& shape, std::span<const double> q,
                              std::span<const double> cache, int64_t keys);

}  // namespace npu
