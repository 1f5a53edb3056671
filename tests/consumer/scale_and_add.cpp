#include "scale_and_add.h"

#include "kernels/kit/kit.h"

using namespace npu;
using namespace npu::types;

Program scale_and_add(const Limits& machine, std::int64_t columns) {
  constexpr int kRows = 2;
  Kernel k{"scale_and_add", machine};
  const Int all = k.arg("rows");
  const F32 a = k.argf("a");
  const Dim rows = k.dim("rows", kRows);
  const Tensor x = k.tensor("x", f32, {all, columns}), y = k.tensor("y", f32, {all, columns});
  Ring& x_ub = k.ring("x_ub", Mem::kUb, f32, {rows, columns}, 2);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, f32, {rows, columns}, 2);
  Ring& sum_ub = k.ring("sum_ub", Mem::kUb, f32, {rows, columns}, 2);

  const auto two_rows = [&](Int task) {
    rows.clip(all - task * kRows);
    k.load(x_ub.push(), x.tile(task, 0));  // (rows, columns)
    k.load(y_ub.push(), y.tile(task, 0));  // (rows, columns)
    k.vec.fma(sum_ub.push(), x_ub.pop(), a, y_ub.pop());
    k.store(y.tile(task, 0), sum_ub.pop());
  };
  k.tasks(ceil_div(all, kRows), two_rows, {.per = Per::kVector});
  return k.finish();
}
