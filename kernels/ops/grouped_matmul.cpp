#include "kernels/ops/grouped_matmul.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/matmul.h"
#include "kernels/ops/product_tiling.h"
#include "kernels/ops/shape_check.h"

namespace npu {

namespace {

// The product of an expert of average load.
MatmulShape average(const GroupedShape& s) {
  MatmulShape one;
  one.m = detail::ceil_div(s.rows, s.experts);
  one.n = s.n;
  one.k = s.k;
  one.b_transposed = true;
  one.type = s.type;
  one.out = s.out;
  return one;
}

}  // namespace

void GroupedShape::check(const Limits& machine) const {
  detail::ShapeCheck check("grouped_matmul", machine);
  check.dimension("rows", rows);
  check.dimension("experts", experts);
  check.done();
  average(*this).check(machine);
}

// The tiles of all experts go round the groups in one deal, so that experts of few rows leave no
// group idle. Within an expert tiles of the same weights follow each other.
Program grouped_matmul(const Limits& machine, const GroupedShape& s) {
  s.check(machine);
  const detail::ProductShape one{.m = detail::ceil_div(s.rows, s.experts),
                                 .n = s.n,
                                 .k = s.k,
                                 .a = s.type,
                                 .b = s.type,
                                 .b_transposed = true};
  const detail::ProductTiling t = detail::choose_tiling("grouped_matmul", machine, one);

  Kernel k{"grouped_matmul", machine};
  const Dim rows = k.dim("rows", t.m), cols = k.dim("cols", t.n), depth = k.dim("depth", t.depth);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.k});
  const Tensor w = k.tensor("w", s.type, {s.experts, s.n, s.k});
  const Tensor counts = k.tensor("counts", Type::kI32, {s.experts});
  const Tensor y = k.tensor("y", s.out, {s.rows, s.n});
  Ring& a_l1 = k.ring("a_l1", Mem::kL1, s.type, {rows, depth}, t.packets);
  Ring& b_l1 = k.ring("b_l1", Mem::kL1, s.type, {cols, depth}, t.packets);
  Ring& a_l0 = k.ring("a_l0", Mem::kL0A, s.type, {rows, t.step}, 2);
  Ring& b_l0 = k.ring("b_l0", Mem::kL0B, s.type, {cols, t.step}, 2);
  Ring& sums = k.ring("sums", Mem::kL0C, s.sum_type(), {rows, cols}, t.handover ? 1 : 2);
  if (t.handover) sums.handover();

  // sum += one packet of k; a slot of L1 holds several steps of L0
  const auto multiply = [&](const Tile& sum, const View& a, const View& b) {
    k.load(a_l1.push(), a);
    k.load(b_l1.push(), b);
    k.use(a_l1.pop(), b_l1.pop(), [&](Tile at, Tile bt) {
      k.loop("step", ceil_div(depth, t.step), [&](Int i) {
        k.feed(a_l0.push(), at.cols(i, t.step));
        k.feed(b_l0.push(), bt.cols(i, t.step).t());
        k.mma(sum, a_l0.pop(), b_l0.pop());
      });
    });
  };
  Var first = k.var(0), turn = k.var(0);  // first row of this expert; whose turn it is
  k.loop("expert", s.experts, [&](Int e) {
    const Int count = k.read(counts.at(e)), m_tiles = ceil_div(count, t.m);
    const Tensor xe = x.rows(first, count), ye = y.rows(first, count), we = w[e];
    k.deal(turn, m_tiles * detail::ceil_div(s.n, t.n), [&](Int tile) {
      const Int m = tile % m_tiles, n = tile / m_tiles;
      rows.clip(count - m * t.m);
      cols.clip(s.n - n * t.n);
      k.use(sums.push(), [&](Tile sum) {
        k.tiles("packet", s.k, depth,
                [&](Int packet) { multiply(sum, xe.tile(m, packet), we.tile(n, packet)); });
      });
      k.drain(ye.tile(m, n), sums.pop());
    });
    first += count;
  });
  return k.finish();
}

}  // namespace npu
