#include "kernels/ops/sample_top_k.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

void SampleShape::check(const Limits& machine) const {
  detail::ShapeCheck check("sample_top_k", machine);
  check.dimension("rows", rows);
  check.dimension("candidates", candidates);
  check.require(rows < (int64_t{1} << 31), "rows must fit 32 bits");
  check.require(temperature > 0, "temperature must be more than 0");
  check.done();
}

// A task is one row: few candidates, drawn once a token.
Program sample_top_k(const Limits& machine, const SampleShape& s) {
  s.check(machine);
  Kernel k{"sample_top_k", machine};
  Vec& v = k.vec;
  const int64_t n = detail::row_columns(s.candidates);
  const Dim cols = k.dim("cols", n);
  cols.clip(s.candidates);
  const Tensor logits = k.tensor("logits", Type::kF32, {s.rows, s.candidates});
  const Tensor tokens = k.tensor("tokens", Type::kI32, {s.rows, s.candidates});
  const Int seed = k.arg("seed");
  const Tensor y = k.tensor("y", Type::kI32, {s.rows});
  Ring& logits_ub = k.ring("logits_ub", Mem::kUb, Type::kF32, {1, cols}, 2);
  Ring& tokens_ub = k.ring("tokens_ub", Mem::kUb, Type::kI32, {1, cols}, 2);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, Type::kI32, {1, 1}, 2);
  const Tile p = k.buffer("p", Type::kF32, {1, cols}),
             sums = k.buffer("sums", Type::kF32, {1, cols}),
             top = k.buffer("top", Type::kF32, {1, 1}), u = k.buffer("u", Type::kF32, {1, 1});
  const Tile bits = k.buffer("bits", Type::kU32, {1, 1}), at = k.buffer("at", Type::kI32, {1, 1});
  const Tile passed = k.buffer("passed", Type::kU8, {1, (n + 7) / 8});

  // u * (sum of p), so that p need not be divided by it: u in [0, 1) from the row's random bits.
  const auto draw = [&](Int row) {
    v.fill(bits, seed);
    v.hash(bits, bits);
    v.add(bits, bits, row);
    v.hash(bits, bits);
    v.shr(bits, bits, 8);
    v.convert(u, bits.as(Type::kI32));
    v.mul(u, u, 0x1p-24);
  };
  const auto one_row = [&](Int row) {
    k.load(logits_ub.push(), logits.from(row, 0));
    k.load(tokens_ub.push(), tokens.from(row, 0));
    k.use(logits_ub.pop(), [&](Tile x) {
      v.row_max(top, x);
      v.sub(p, x, top);
    });
    v.mul(p, p, 1.0 / double{s.temperature});
    v.exp(p, p);
    v.row_sum(top, p);
    v.scan(sums, p);
    draw(row);
    v.mul(u, u, top);
    // The first running sum above u; the last candidate where rounding leaves none.
    v.cmp(passed, sums, kGreater, u);
    v.select(sums, passed, 1, 0);
    v.fill(sums.cols_from(s.candidates - 1, 1), 1);
    v.row_argmax(at, sums);
    v.gather(y_ub.push(), tokens_ub.pop(), at);
    k.store(y.tile(0, row), y_ub.pop());
  };
  k.tasks(s.rows, one_row, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
