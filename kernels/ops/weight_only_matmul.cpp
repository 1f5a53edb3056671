#include "kernels/ops/weight_only_matmul.h"

#include <numeric>

#include "kernels/kit/kit.h"
#include "kernels/ops/product_tiling.h"
#include "kernels/ops/shape_check.h"

namespace npu {

namespace {

using namespace types;

// A packet of k is one group, or what the vector cores hold of converted weights in UB: packed, in
// f32 and in the type of a.
detail::ProductTiling weight_tiling(const Limits& machine, const WeightOnlyShape& s) {
  const detail::ProductShape shape{.m = s.m,
                                   .n = s.n,
                                   .k = s.k,
                                   .a = s.type,
                                   .b = s.type,
                                   .b_transposed = true,
                                   .table = s.group == 0};
  detail::ProductTiling t = detail::choose_tiling("matmul_weight_only", machine, shape);
  constexpr int64_t kBytesEach = 2 + 4 + 2 * 2;
  const auto fits = [&](int64_t depth) {
    return t.n / machine.vectors * depth * kBytesEach <= static_cast<int64_t>(machine.ub) * 7 / 8;
  };
  if (s.group != 0) {
    t.step = std::gcd(t.step, s.group);
    t.depth = s.group;
  }
  while (!fits(t.depth) && t.depth > t.step && s.group == 0) t.depth /= 2;
  while (!fits(t.depth) && t.n > machine.fractal_rows) {
    t.n = detail::round_up(t.n / 2, machine.fractal_rows);
  }
  return t;
}

}  // namespace

void WeightOnlyShape::check(const Limits& machine) const {
  detail::ShapeCheck check("matmul_weight_only", machine);
  check.dimension("m", m);
  check.dimension("n", n);
  check.dimension("k", k);
  check.type("weight", weight, {i8, i4});
  check.type("dtype", type, {f16, bf16});
  check.cube_type("dtype", type);
  check.float_type("out", out);
  check.require(group >= 0 && group % 32 == 0, "group must be 0 or a multiple of 32");
  check.require(weight != i4 || k % 2 == 0, "k is odd; 4-bit elements come in pairs");
  check.done();
}

Program matmul_weight_only(const Limits& machine, const WeightOnlyShape& s) {
  s.check(machine);
  const detail::ProductTiling t = weight_tiling(machine, s);

  Kernel k{"matmul_weight_only", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", t.m), cols = k.dim("cols", t.n), depth = k.dim("depth", t.depth),
            mine = k.share(cols);
  const Tensor a = k.tensor("a", s.type, {s.m, s.k}), w = k.tensor("w", s.weight, {s.n, s.k});
  const Tensor scale = k.tensor("scale", f32, {s.groups(), s.n});
  const Tensor c = k.tensor("c", s.out, {s.m, s.n});
  Ring& a_l1 = k.ring("a_l1", Mem::kL1, s.type, {rows, depth}, 2);
  Ring& a_l0 = k.ring("a_l0", Mem::kL0A, s.type, {rows, t.step}, 2);
  Ring& b_l0 = k.ring("b_l0", Mem::kL0B, s.type, {cols, t.step}, 2);
  Ring& sums = k.ring("sums", Mem::kL0C, f32, {rows, cols}, t.handover ? 1 : 2);
  if (t.handover) sums.handover();
  Ring& w_ub = k.ring("w_ub", Mem::kUb, s.weight, {mine, depth}, 2);
  Ring& wide_ub = k.ring("wide_ub", Mem::kUb, s.type, {mine, depth}, 2);
  Link& weights = k.link("weights", Dir::kToCube, s.type, {cols, depth}, {.depth = 2});
  // One of the two ways of the scales.
  Ring *scale_ub = nullptr, *scale_l1 = nullptr, *table = nullptr;
  std::optional<Tile> product;
  if (s.group != 0) {
    scale_ub = &k.ring("scale_ub", Mem::kUb, f32, {mine, 1}, 2);
    product = k.buffer("product", f32, {mine, depth});
  } else {
    scale_l1 = &k.ring("scale_l1", Mem::kL1, f32, {1, cols}, 1);
    table = &k.ring("table", Mem::kTable, f32, {1, cols}, 1);
  }

  // Vector cores: a packet of weights to the cube's type.
  const auto widen = [&](Int n, Int packet) {
    k.load(w_ub.push(), k.share(w.tile(n, packet)));
    if (s.group == 0) {
      v.convert(wide_ub.push(), w_ub.pop());
    } else {
      k.load(scale_ub->push(), k.share(scale[packet].tile(0, n)));
      v.convert(*product, w_ub.pop());
      v.mul(*product, *product, scale_ub->pop());
      v.convert(wide_ub.push(), *product);
    }
    k.store(weights.push(), wide_ub.pop());
  };
  // Cube core: sum += a packet of a times those weights.
  const auto multiply = [&](const Tile& sum, Int m, Int packet) {
    k.load(a_l1.push(), a.tile(m, packet));
    k.use(a_l1.pop(), weights.pop(), [&](Tile at, Tile wt) {
      k.loop("step", ceil_div(depth, t.step), [&](Int i) {
        k.feed(a_l0.push(), at.cols(i, t.step));
        k.feed(b_l0.push(), wt.cols(i, t.step).t());
        k.mma(sum, a_l0.pop(), b_l0.pop());
      });
    });
  };

  const int64_t m_tiles = detail::ceil_div(s.m, t.m), n_tiles = detail::ceil_div(s.n, t.n);
  k.tasks(m_tiles * n_tiles, [&](Int task) {
    const auto [task_m, task_n] = k.split(task, m_tiles);
    const Int m = task_m, n = task_n;  // NOTE: clang 14 captures no structured binding
    rows.clip(s.m - m * t.m);
    cols.clip(s.n - n * t.n);
    k.use(sums.push(), [&](Tile sum) {
      k.tiles("packet", s.k, depth, [&](Int packet) {
        widen(n, packet);
        multiply(sum, m, packet);
      });
    });
    if (table == nullptr) return k.drain(c.tile(m, n), sums.pop());
    k.load(scale_l1->push(), scale[0].tile(0, n));
    k.feed_table(table->push(), scale_l1->pop());
    k.drain(c.tile(m, n), sums.pop(), {.column_scale = Src(table->pop())});
  });
  return k.finish();
}

}  // namespace npu
