// Step 2: all cores.
#include "kernels/kit/kit.h"
#include "kernels/tutorial/steps.h"

namespace npu::tutorial {

using namespace types;

// y = x, the tiles dealt to all vector cores.
Program spread(const Limits& machine, int64_t count, int64_t tile) {
  Kernel k{"spread", machine};
  const Tensor x = k.tensor("x", f16, {count}), y = k.tensor("y", f16, {count});
  const Dim cols = k.dim("cols", tile);
  Ring& x_ub = k.ring("x_ub", Mem::kUb, f16, {1, cols}, 1);
  const auto one_tile = [&](Int i) {
    cols.clip(count - i * tile);
    k.load(x_ub.push(), x.tile(0, i));
    k.store(y.tile(0, i), x_ub.pop());
  };
  k.tasks(ceil_div(count, tile), one_tile, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu::tutorial
