// Step 6: a matrix product in tiles.
#include "kernels/kit/kit.h"
#include "kernels/tutorial/steps.h"

namespace npu::tutorial {

using namespace types;

// c = a b. A task is one tile of c; k comes in packets, whose products add up in one slot of L0C.
Program tiles(const Limits& machine, const Product& s, const Tiling& t) {
  Kernel k{"tiles", machine};
  const Tensor a = k.tensor("a", f16, {s.m, s.k}), b = k.tensor("b", f16, {s.k, s.n});
  const Tensor c = k.tensor("c", f32, {s.m, s.n});
  const Dim rows = k.dim("rows", t.tile), cols = k.dim("cols", t.tile);
  const Dim depth = k.dim("depth", t.depth);
  Ring& a_l1 = k.ring("a_l1", Mem::kL1, f16, {rows, depth}, t.slots);
  Ring& b_l1 = k.ring("b_l1", Mem::kL1, f16, {depth, cols}, t.slots);
  Ring& a_l0 = k.ring("a_l0", Mem::kL0A, f16, {rows, depth}, t.slots);
  Ring& b_l0 = k.ring("b_l0", Mem::kL0B, f16, {cols, depth}, t.slots);
  Ring& sums = k.ring("sums", Mem::kL0C, f32, {rows, cols}, t.slots);
  const Int tiles_m = ceil_div(s.m, t.tile), tiles_n = ceil_div(s.n, t.tile);
  k.tasks(tiles_m * tiles_n, [&](Int task) {
    const auto [m, n] = k.split(task, tiles_m);
    rows.clip(s.m - m * t.tile);
    cols.clip(s.n - n * t.tile);
    k.use(sums.push(), [&, m = m, n = n](Tile sum) {
      k.tiles("packet", s.k, depth, [&](Int i) {
        k.load(a_l1.push(), a.tile(m, i));
        k.load(b_l1.push(), b.tile(i, n));
        k.feed(a_l0.push(), a_l1.pop());
        k.feed(b_l0.push(), b_l1.pop());
        k.mma(sum, a_l0.pop(), b_l0.pop());
      });
    });
    k.drain(c.tile(m, n), sums.pop());
  });
  return k.finish();
}

}  // namespace npu::tutorial
