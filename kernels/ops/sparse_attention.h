// Attention over rows of one list a token, as DeepSeek-V4 does it: all heads of a token share one
// head whose keys are its values, and a sink takes part of each head's softmax. The lists choose
// the form: the window alone, the window and all compressed entries (HCA), or the window and the
// chosen entries (CSA).
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/attention.h"
#include "kernels/ops/error_bound.h"

namespace npu {

inline constexpr int64_t kPackedGroup = 64;  // packed channels that share a scale

struct SparseAttentionShape {
  int64_t tokens = 0, heads = 0, head_dim = 0;
  int64_t rows = 0;         // of kv
  int64_t width = 0;        // most rows of a list
  Type type = Type::kBf16;  // of q, kv and out: f32 f16 bf16
  float scale = 0;          // of the scores; 0 means 1 / sqrt(head_dim)
  int64_t packed = 0;       // first channels of kv that are kept as e4m3 with scales; 0: none

  AttentionShape attention() const;
  int64_t groups() const { return packed / kPackedGroup; }
  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: q (tokens, heads * head_dim), kv (rows, head_dim), lists (tokens, width) of i32,
// sink (heads) of f32, out like q, listed (int): 0 .. width. Token t sees rows lists[t, i] of kv
// for i < listed, in any order; -1 is skipped.
//
// With `packed` channels, kv is three parameters: codes (rows, packed) e4m3, scales (rows, packed /
// 64) e8m0, rest (rows, head_dim - packed) of `type`, which is left out where nothing is left. A
// row is codes * scales of their group, exact in bf16, and the rest: DeepSeek-V4's 448 + 64.
Program sparse_attention(const Limits& machine, const SparseAttentionShape& shape);

// In double: out = sum_i exp(z_i) kv_i / (exp(sink) + sum_i exp(z_i)), z_i = scale q . kv_i. The
// bound is that of flash_attention.
Expected sparse_attention_reference(const SparseAttentionShape& shape, std::span<const double> q,
                                    std::span<const double> kv, std::span<const double> lists,
                                    std::span<const double> sink, int64_t listed);

}  // namespace npu
