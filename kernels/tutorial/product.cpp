// Step 5: one tile of a matrix product.
#include "kernels/kit/kit.h"
#include "kernels/tutorial/steps.h"

namespace npu::tutorial {

using namespace types;

// c = a b, all of it at once, by the first cube core.
Program product(const Limits& machine, const Product& s) {
  Kernel k{"product", machine};
  const Tensor a = k.tensor("a", f16, {s.m, s.k}), b = k.tensor("b", f16, {s.k, s.n});
  const Tensor c = k.tensor("c", f32, {s.m, s.n});
  Ring& a_l1 = k.ring("a_l1", Mem::kL1, f16, {s.m, s.k}, 1);
  Ring& b_l1 = k.ring("b_l1", Mem::kL1, f16, {s.k, s.n}, 1);
  Ring& a_l0 = k.ring("a_l0", Mem::kL0A, f16, {s.m, s.k}, 1);
  Ring& b_l0 = k.ring("b_l0", Mem::kL0B, f16, {s.n, s.k}, 1);
  Ring& sums = k.ring("sums", Mem::kL0C, f32, {s.m, s.n}, 1);
  k.tasks(1, [&](Int) {
    k.load(a_l1.push(), a);
    k.load(b_l1.push(), b);
    k.feed(a_l0.push(), a_l1.pop());
    k.feed(b_l0.push(), b_l1.pop());
    k.mma(sums.push(), a_l0.pop(), b_l0.pop());
    k.drain(c, sums.pop());
  });
  return k.finish();
}

}  // namespace npu::tutorial
