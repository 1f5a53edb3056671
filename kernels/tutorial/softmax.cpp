// Step 7: rows.
#include "kernels/kit/kit.h"
#include "kernels/tutorial/steps.h"

namespace npu::tutorial {

using namespace types;

// y = exp(x - max) / sum of exp(x - max) over each row, which lies in UB as a whole.
Program softmax(const Limits& machine, int64_t row_count, int64_t cols, int64_t tile) {
  Kernel k{"softmax", machine};
  Vec& v = k.vec;
  const Tensor x = k.tensor("x", f16, {row_count, cols}), y = k.tensor("y", f16, {row_count, cols});
  const Dim rows = k.dim("rows", tile);
  Ring& x_ub = k.ring("x_ub", Mem::kUb, f16, {rows, cols}, 2);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, f16, {rows, cols}, 2);
  const Tile wide = k.buffer("wide", f32, {rows, cols});
  const Tile max = k.buffer("max", f32, {rows, 1}), sum = k.buffer("sum", f32, {rows, 1});
  const auto some_rows = [&](Int i) {
    rows.clip(row_count - i * tile);
    k.load(x_ub.push(), x.tile(i, 0));
    v.convert(wide, x_ub.pop());
    v.row_max(max, wide);
    v.sub(wide, wide, max);  // a column is repeated over the columns
    v.exp(wide, wide);
    v.row_sum(sum, wide);
    v.div(wide, wide, sum);
    v.convert(y_ub.push(), wide);
    k.store(y.tile(i, 0), y_ub.pop());
  };
  k.tasks(ceil_div(row_count, tile), some_rows, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu::tutorial
