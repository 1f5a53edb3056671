// Step 1: a copy through UB.
#include "kernels/kit/kit.h"
#include "kernels/tutorial/steps.h"

namespace npu::tutorial {

using namespace types;

// y = x, by one vector core, tile by tile.
Program copy(const Limits& machine, int64_t count, int64_t tile) {
  Kernel k{"copy", machine};
  const Tensor x = k.tensor("x", f16, {count}), y = k.tensor("y", f16, {count});
  const Dim cols = k.dim("cols", tile);
  Ring& x_ub = k.ring("x_ub", Mem::kUb, f16, {1, cols}, 1);
  const auto one_core = [&](Int) {
    k.tiles("tile", count, cols, [&](Int i) {
      k.load(x_ub.push(), x.tile(0, i));
      k.store(y.tile(0, i), x_ub.pop());
    });
  };
  k.tasks(1, one_core, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu::tutorial
