// The eight steps of docs/tutorial, from a copy to flash attention. Each kernel adds one idea to
// those before it and leaves out what it does not need: the operators of kernels/ops take every
// type and shape.
#pragma once

#include <cstdint>
#include <vector>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/catalog.h"

namespace npu::tutorial {

// All tensors are f16 but the product's, which is f32. A kernel whose tiles do not fit the machine
// throws InputError. In step 1 to 4, y and x are `count` elements in tiles of `tile`.

// 1. y = x by one vector core.
Program copy(const Limits& machine, int64_t count, int64_t tile);
// 2. y = x by all vector cores.
Program spread(const Limits& machine, int64_t count, int64_t tile);
// 3. y = x with `depth` tiles under way on each core.
Program buffer(const Limits& machine, int64_t count, int64_t tile, int depth);
// 4. y = x / (1 + exp(-x)): arithmetic on a tile.
Program silu(const Limits& machine, int64_t count, int64_t tile);

// 5. c (m, n) = a (m, k) b (k, n), one tile, by one cube core.
struct Product {
  int64_t m = 0, n = 0, k = 0;
};
Program product(const Limits& machine, const Product& shape);
// 6. c = a b of any size in tiles of c, by all cube cores.
struct Tiling {
  int64_t tile = 0;   // rows and columns of a tile of c
  int64_t depth = 0;  // of k that comes into L1 at once
  int slots = 0;      // of every ring
};
Program tiles(const Limits& machine, const Product& shape, const Tiling& tiling);

// 7. y = softmax of each row of x (rows, cols), `tile` rows at a time.
Program softmax(const Limits& machine, int64_t rows, int64_t cols, int64_t tile);

// 8. out = softmax(q k^T / sqrt(dim)) v, causal, for each head; q, k, v, out (tokens, heads * dim).
struct Attention {
  int64_t tokens = 0, heads = 0, dim = 0;
  int64_t tile = 0;  // queries, and keys, of a tile of scores
  int skew = 0;      // turns between the scores of a tile and their product with v
};
Program attention(const Limits& machine, const Attention& shape);

// All of them as npu run takes them, "tutorial/copy" first.
const std::vector<Operator>& steps();

}  // namespace npu::tutorial
