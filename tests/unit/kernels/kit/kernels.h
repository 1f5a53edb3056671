// Whole kernels that several tests lower.
#pragma once

#include "kernels/kit/kit.h"

namespace npu::test {

// c = a + b, dealt to the vector cores.
Program vector_add(const Limits& machine);

// c = a b^T in f16, K in two levels of tiles.
struct MatmulForm {
  bool handover = false;  // of the sums, with one slot instead of two
  int64_t depth = 0;      // K, or 0: the argument k
};
Program matmul(const Limits& machine, const MatmulForm& form = {});

// How the scores kernel is run: key steps between its two products, slots of its links, tiles of
// query rows that share a load of keys.
struct FlowShape {
  int skew = 1, depth = 2, tiles = 1;
};

// out = relu(q k^T) v over the tiles of keys: cube to vector and back. The flow of attention
// without its arithmetic.
Program there_and_back(const Limits& machine, const FlowShape& flow);

}  // namespace npu::test
