// Step 4: the vector unit between load and store.
#include "kernels/kit/kit.h"
#include "kernels/tutorial/steps.h"

namespace npu::tutorial {

using namespace types;

// y = x / (1 + exp(-x)), computed in f32.
Program silu(const Limits& machine, int64_t count, int64_t tile) {
  Kernel k{"silu", machine};
  Vec& v = k.vec;
  const Tensor x = k.tensor("x", f16, {count}), y = k.tensor("y", f16, {count});
  const Dim cols = k.dim("cols", tile);
  Ring& x_ub = k.ring("x_ub", Mem::kUb, f16, {1, cols}, 2);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, f16, {1, cols}, 2);
  const Tile wide = k.buffer("wide", f32, {1, cols}), below = k.buffer("below", f32, {1, cols});
  const auto one_tile = [&](Int i) {
    cols.clip(count - i * tile);
    k.load(x_ub.push(), x.tile(0, i));
    v.convert(wide, x_ub.pop());
    v.neg(below, wide);
    v.exp(below, below);
    v.add(below, below, 1);
    v.div(wide, wide, below);
    v.convert(y_ub.push(), wide);
    k.store(y.tile(0, i), y_ub.pop());
  };
  k.tasks(ceil_div(count, tile), one_tile, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu::tutorial
