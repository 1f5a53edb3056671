// Step 3: several tiles under way.
#include "kernels/kit/kit.h"
#include "kernels/tutorial/steps.h"

namespace npu::tutorial {

using namespace types;

// y = x, with `depth` slots of UB on each vector core: load fills one while store empties another.
Program buffer(const Limits& machine, int64_t count, int64_t tile, int depth) {
  Kernel k{"buffer", machine};
  const Tensor x = k.tensor("x", f16, {count}), y = k.tensor("y", f16, {count});
  const Dim cols = k.dim("cols", tile);
  Ring& x_ub = k.ring("x_ub", Mem::kUb, f16, {1, cols}, depth);
  const auto one_tile = [&](Int i) {
    cols.clip(count - i * tile);
    k.load(x_ub.push(), x.tile(0, i));
    k.store(y.tile(0, i), x_ub.pop());
  };
  k.tasks(ceil_div(count, tile), one_tile, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu::tutorial
