#include <algorithm>

#include "kernels/kit/kit.h"
#include "kernels/ops/scaled_matmul.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

using namespace types;

constexpr int64_t kBlock = 128;  // columns of k, and rows of b, that share a scale

struct BlockTile {
  int64_t m, n;
};

// The largest powers of two up to a block whose products fit, two slots of everything. In UB a
// vector core holds its part of two partial products, of the total and of the scales.
BlockTile block_tile(const Limits& machine, const ScaledMatmulShape& s) {
  const auto holds = [](uint64_t memory, int64_t bytes) {
    return bytes <= static_cast<int64_t>(memory);
  };
  BlockTile t{kBlock, kBlock};
  while (t.m > machine.fractal_rows && (t.m >= 2 * s.m || !holds(machine.l0a, 2 * t.m * kBlock))) {
    t.m /= 2;
  }
  while (t.n > machine.fractal_rows && (t.n >= 2 * s.n || !holds(machine.l0b, 2 * t.n * kBlock))) {
    t.n /= 2;
  }
  const auto ub_bytes = [&](const BlockTile& tile) {
    const int64_t scales = detail::ceil_div(s.k, kBlock) * 4;
    return tile.m / machine.vectors * (tile.n * (3 * 4 + 2 * bytes_of(s.out)) + 3 * scales);
  };
  while (t.m > machine.fractal_rows &&
         (!holds(machine.l0c, 2 * t.m * t.n * 4) || !holds(machine.ub * 3 / 4, ub_bytes(t)))) {
    t.m /= 2;
  }
  return t;
}

}  // namespace

Program block_matmul(const Limits& machine, const ScaledMatmulShape& s) {
  s.check("matmul_fp8_block", machine);
  detail::ShapeCheck check("matmul_fp8_block", machine);
  check.require(s.a_block == ScaleBlock{1, kBlock} && s.b_block == ScaleBlock{kBlock, kBlock},
                "without block scales in the cube, blocks are 1 x 128 of a and 128 x 128 of b");
  check.require(s.a == s.b && bits_of(s.a) == 8, "a and b are of one 8-bit type");
  check.done();
  const BlockTile t = block_tile(machine, s);
  const int64_t blocks = detail::ceil_div(s.k, kBlock);

  Kernel k{"matmul_fp8_block", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", t.m), cols = k.dim("cols", t.n), depth = k.dim("depth", kBlock),
            mine = k.share(rows);
  const Extent scale_cols = detail::row_extent(k, "blocks", blocks);
  const Tensor a = k.tensor("a", s.a, {s.m, s.k});
  const Tensor a_scale = k.tensor("a_scale", s.scale, {s.m, blocks});
  const Tensor b = k.tensor("b", s.b, {s.n, s.k});
  const Tensor b_scale = k.tensor("b_scale", s.scale, {detail::ceil_div(s.n, kBlock), blocks});
  const Tensor c = k.tensor("c", s.out, {s.m, s.n});

  Ring& a_l1 = k.ring("a_l1", Mem::kL1, s.a, {rows, depth}, 4);
  Ring& b_l1 = k.ring("b_l1", Mem::kL1, s.b, {cols, depth}, 4);
  Ring& a_l0 = k.ring("a_l0", Mem::kL0A, s.a, {rows, depth}, 2);
  Ring& b_l0 = k.ring("b_l0", Mem::kL0B, s.b, {cols, depth}, 2);
  Ring& sums = k.ring("sums", Mem::kL0C, f32, {rows, cols}, 2);
  Link& parts = k.link("parts", Dir::kToVector, f32, {rows, cols}, {.depth = 2});
  Ring& a_scale_ub = k.ring("a_scale_ub", Mem::kUb, s.scale, {mine, scale_cols}, 1);
  Ring& b_scale_ub = k.ring("b_scale_ub", Mem::kUb, s.scale, {1, scale_cols}, 1);
  Ring& c_ub = k.ring("c_ub", Mem::kUb, s.out, {mine, cols}, 2);
  const Tile total = k.buffer("total", f32, {mine, cols});
  const Tile row_scales = k.buffer("row_scales", f32, {mine, scale_cols});
  const Tile col_scales = k.buffer("col_scales", f32, {1, scale_cols});
  const Tile scale = k.buffer("scale", f32, {mine, 1});

  const int64_t m_tiles = detail::ceil_div(s.m, t.m), n_tiles = detail::ceil_div(s.n, t.n);
  k.tasks(m_tiles * n_tiles, [&](Int task) {
    const auto [task_m, task_n] = k.split(task, m_tiles);
    const Int m = task_m, n = task_n;  // NOTE: clang 14 captures no structured binding
    rows.clip(s.m - m * t.m);
    cols.clip(s.n - n * t.n);
    k.load(a_scale_ub.push(), k.share(a_scale.tile(m, 0)));
    k.load(b_scale_ub.push(), b_scale.from(n * t.n / kBlock, 0));
    v.convert(row_scales, a_scale_ub.pop());
    v.convert(col_scales, b_scale_ub.pop());
    v.fill(total, 0);
    k.tiles("block", s.k, depth, [&](Int block) {
      k.load(a_l1.push(), a.tile(m, block));
      k.load(b_l1.push(), b.tile(n, block));
      k.feed(a_l0.push(), a_l1.pop());
      k.use(b_l1.pop(), [&](Tile bt) { k.feed(b_l0.push(), bt.t()); });
      k.mma(sums.push(), a_l0.pop(), b_l0.pop());
      k.drain(parts.push(), sums.pop());
      v.mul(scale, row_scales.col(block), col_scales.col(block));
      k.use(parts.pop(), [&](Tile part) { v.fma(total, part, scale, total); });
    });
    v.convert(c_ub.push(), total);
    k.store(k.share(c.tile(m, n)), c_ub.pop());
  });
  return k.finish();
}

}  // namespace npu
