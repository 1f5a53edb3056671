#include "kernels/ops/grouped_matmul.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/matmul.h"
#include "kernels/ops/product.h"
#include "kernels/ops/scaled_matmul.h"
#include "kernels/ops/shape_check.h"

namespace npu {

void GroupedShape::check(const Limits& machine) const {
  detail::ShapeCheck check("grouped_matmul", machine);
  check.dimension("rows", rows);
  check.dimension("experts", experts);
  check.require(x.scaled() == w.scaled(), "x and w both have scales, or neither");
  check.require(x.scaled() || x.type() == w.type(), "x and w are of one type");
  check.require(!x.scaled() || x.block().rows == 1, "an expert begins at any row of x");
  check.done();
  // The product of an expert of average load.
  const int64_t m = detail::ceil_div(rows, experts);
  if (!x.scaled()) {
    return MatmulShape{.m = m, .n = n, .k = k, .b_transposed = true, .type = x.type(), .out = out}
        .check(machine);
  }
  ScaledMatmulShape{.m = m,
                    .n = n,
                    .k = k,
                    .a = x.type(),
                    .b = w.type(),
                    .a_block = x.block(),
                    .b_block = w.block(),
                    .out = out}
      .check("grouped_matmul", machine);
}

// The tiles of all experts go round the groups in one deal, so that experts of few rows leave no
// group idle. Within an expert tiles of the same weights follow each other.
Program grouped_matmul(const Limits& machine, const GroupedShape& s) {
  s.check(machine);
  const detail::ProductShape one{.m = detail::ceil_div(s.rows, s.experts),
                                 .n = s.n,
                                 .k = s.k,
                                 .a = s.x,
                                 .b = s.w,
                                 .b_transposed = true,
                                 .copies = s.experts,
                                 .dealt = true};
  const detail::ProductTiling t = detail::choose_tiling("grouped_matmul", machine, one);

  Kernel k{"grouped_matmul", machine};
  const Tensor x = k.tensor("x", s.x, {s.rows, s.k});
  const Tensor w = k.tensor("w", s.w, {s.experts, s.n, s.k});
  const Tensor counts = k.tensor("counts", Type::kI32, {s.experts});
  const Tensor y = k.tensor("y", s.out, {s.rows, s.n});
  detail::Product product(k, one, t);

  Var first = k.var(0), turn = k.var(0);  // first row of this expert; whose turn it is
  k.loop("expert", s.experts, [&](Int e) {
    const Int count = k.read(counts.at(e)), m_tiles = ceil_div(count, t.m);
    const Tensor xe = x.rows(first, count), ye = y.rows(first, count), we = w[e];
    // NOTE: the place of a tile may be computed where an expert has none.
    const Int column = max(1, m_tiles);
    const auto tile_of = [&](Int tile) {
      return detail::ProductTile{xe, we, tile % column, tile / column};
    };
    product.deal(turn, m_tiles * product.n_tiles(), tile_of,
                 [&](Int, const detail::ProductTile& tile) {
                   product.multiply(tile);
                   k.drain(ye.tile(tile.m, tile.n), product.pop());
                 });
    first += count;
  });
  return k.finish();
}

}  // namespace npu
