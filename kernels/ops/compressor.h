// The compressor of DeepSeek-V4: every `ratio` tokens become one cached entry, a mean of their
// rows weighted by a softmax over the tokens, channel by channel, then normalised and turned. With
// ratio 4 the blocks overlap: an entry sees its own block and the one before.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct CompressorShape {
  int64_t tokens = 0;     // new ones of a sequence
  int64_t dim = 0;        // channels of an entry
  int64_t rope_dim = 0;   // its last channels that are turned, in neighbouring pairs; may be 0
  int64_t ratio = 0;      // tokens of a block; 4 overlaps
  int64_t entries = 0;    // rows of a sequence's cache
  int64_t positions = 0;  // rows of the tables of angles
  int64_t sequences = 1;
  float eps = 1e-6F;
  // Of the cache: f32, or bf16, where the pooled row and what norm and rotation give are each
  // rounded to bf16 too.
  Type type = Type::kF32;

  int64_t overlap() const { return ratio == 4 ? 2 : 1; }
  int64_t width() const { return overlap() * dim; }  // channels of kv and gate
  int64_t state_rows() const {
    return overlap() * ratio;
  }                                         // 4: the last closed block, the open one
  void check(const Limits& machine) const;  // throws InputError
};

// Parameters, f32 unless said otherwise, with the rows of one sequence behind those of the other:
// kv and gate (sequences * tokens, width), the products of the new tokens with the compressor's two
// weights; ape (ratio, width), added to the gates by place in the block; norm (dim); cos and sin
// (positions, rope_dim / 2), not there where rope_dim is 0; kv_state and gate_state (sequences *
// state_rows, width), changed; cache (sequences * entries, dim) of the type, changed; position
// (sequences) of i32, of a sequence's first new token. Entry i is written when token (i + 1) *
// ratio - 1 is among the new.
//
// Before the first token kv_state is 0 and gate_state -inf. Afterwards row (overlap - 1) * ratio +
// j holds place j of the open block, and with ratio 4 rows 0 to 3 hold the last closed block. Rows
// of places that the open block has not reached are left as they were and mean nothing.
Program compressor(const Limits& machine, const CompressorShape& shape);

struct CompressorExpected {
  Expected kv_state, gate_state, cache;
};

// The values of the parameters, in their order; those that a shape has none of are empty.
struct CompressorInputs {
  std::span<const double> kv, gate, ape, norm, cos, sin, kv_state, gate_state, cache, position;
};

// Of all sequences, in double, with the roundings of a bf16 cache. The softmax is off by a chain of
// roundings over the rows of a block and what the gates' sum with ape is off by; norm and rotation
// follow.
CompressorExpected compressor_reference(const CompressorShape& shape,
                                        const CompressorInputs& inputs);

}  // namespace npu
