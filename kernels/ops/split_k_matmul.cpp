#include "kernels/ops/split_k_matmul.h"

#include <algorithm>

#include "kernels/kit/kit.h"
#include "kernels/ops/product.h"
#include "kernels/ops/shape_check.h"

namespace npu {

void SplitKShape::check(const Limits& machine) const {
  detail::ShapeCheck check("matmul_split_k", machine);
  check.dimension("m", m);
  check.dimension("n", n);
  check.dimension("k", k);
  check.require(splits >= 0 && splits <= 64, "splits must be from 0 to 64");
  check.type("dtype", type, {Type::kF32, Type::kTf32, Type::kF16, Type::kBf16});
  check.cube_type("dtype", type);
  check.float_type("out", out);
  check.done();
}

Program matmul_split_k(const Limits& machine, const SplitKShape& s) {
  s.check(machine);
  const detail::ProductShape shape{
      .m = s.m, .n = s.n, .k = s.k, .a = s.type, .b = s.type, .b_transposed = s.b_transposed};
  // Tiles as large as for one group: the parts of k give the others work.
  Limits one_group = machine;
  one_group.groups = 1;
  const detail::ProductTiling tiling = detail::choose_tiling("matmul_split_k", one_group, shape);

  Kernel k{"matmul_split_k", machine};
  const Tensor a = k.tensor("a", s.type, {s.m, s.k});
  const Tensor b =
      s.b_transposed ? k.tensor("b", s.type, {s.n, s.k}) : k.tensor("b", s.type, {s.k, s.n});
  const Tensor c = k.tensor("c", s.out, {s.m, s.n});
  detail::Product product(k, shape, tiling);

  const int64_t packets = detail::ceil_div(s.k, tiling.depth);
  const int64_t tiles = product.m_tiles() * product.n_tiles();
  const int64_t wanted = s.splits > 0 ? s.splits : std::max<int64_t>(1, machine.groups / tiles);
  const int64_t each = detail::ceil_div(packets, std::min(wanted, packets));  // packets of a part
  const int64_t splits = detail::ceil_div(packets, each);
  const Tensor parts = k.workspace("parts", Type::kF32, {splits, s.m, s.n}, Per::kChip);

  // Every part of every tile.
  k.tasks(tiles * splits, [&](Int task) {
    const auto [m, n, split] = k.split(task, product.m_tiles(), product.n_tiles());
    const detail::ProductTile tile{a, b, m, n};
    product.clip(tile);
    product.part(tile, split * each, min(packets, (split + 1) * each));
    k.drain(parts[split].tile(m, n), product.pop());
  });
  k.barrier();

  // Their sum, seen as one long row.
  const int64_t total = s.m * s.n;
  const int64_t tile = detail::row_portion(machine, total, (2 * splits + 1) * 4 + 2 * 4);
  const Dim span = k.dim("span", tile);
  Ring& part_ub = k.ring("part_ub", Mem::kUb, Type::kF32, {splits, span}, 2);
  Ring& c_ub = k.ring("c_ub", Mem::kUb, s.out, {1, span}, 2);
  const Tile sum = k.buffer("sum", Type::kF32, {1, span});
  const Tensor rows = parts.reshape({splits, total}), out = c.reshape({total});
  const auto add_up = [&](Int i) {
    span.clip(total - i * tile);
    k.load(part_ub.push(), rows.tile(0, i));
    k.vec.col_sum(sum, part_ub.pop());
    k.vec.convert(c_ub.push(), sum);
    k.store(out.tile(0, i), c_ub.pop());
  };
  k.tasks(detail::ceil_div(total, tile), add_up, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
