// How attention cuts its work: the tile of query rows and keys that a group works on at a time.
// Private to kernels/ops.
#pragma once

#include <cstdint>

#include "isa/limits/limits.h"
#include "kernels/ops/attention.h"

namespace npu::detail {

struct AttentionTiling {
  int64_t rows = 0;    // query rows of a tile
  int64_t keys = 0;    // keys of a tile: its scores have one maximum, its outputs one sum
  int64_t block = 0;   // of those keys, what the cube takes at a time
  int64_t step = 0;    // of the contracted dimension in a slot of L0
  int64_t piece = 0;   // rows that a vector core works on at a time
  int64_t strips = 1;  // parts of a piece, whose instructions take turns
};

struct AttentionWish {
  int64_t rows = 0;      // no more than this is of use
  int64_t reserved = 0;  // bytes of UB that the caller needs
  bool long_tiles = false;
};

// The largest tile whose slots fit every buffer. A tile is one block of keys; where partial outputs
// go through GM, and the wish allows it, it is as long as fits, since they go there once a tile.
// Throws InputError where not even one native tile fits.
AttentionTiling attention_tiling(const Limits& machine, const AttentionShape& shape,
                                 const AttentionWish& wish);

}  // namespace npu::detail
