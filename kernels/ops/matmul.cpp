#include "kernels/ops/matmul.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/matmul_tiling.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// The way of a tile's piece of bias to where the cube starts from it.
class Bias {
 public:
  Bias(Kernel& k, const MatmulShape& s, const Tensor& bias, const Dim& cols)
      : k_(k),
        bias_(bias),
        l1_(k.ring("bias_l1", Mem::kL1, s.sum_type(), {1, cols}, 1)),
        row_(k.ring("bias_row", Mem::kBias, s.sum_type(), {1, cols}, 1)) {}

  void use(const Int& n, const std::function<void(Tile)>& body) {
    k_.load(l1_.push(), bias_.tile(0, n));
    k_.feed_bias(row_.push(), l1_.pop());
    k_.use(row_.pop(), body);
  }

 private:
  Kernel& k_;
  const Tensor bias_;
  Ring &l1_, &row_;
};

}  // namespace

void MatmulShape::check(const Limits& machine) const {
  detail::ShapeCheck check("matmul", machine);
  check.dimension("m", m);
  check.dimension("n", n);
  check.dimension("k", k);
  check.type("dtype", type, {Type::kF32, Type::kTf32, Type::kF16, Type::kBf16, Type::kI8});
  check.cube_type("dtype", type);
  if (type == Type::kI8) {
    check.type("out", out, {Type::kI32, Type::kF32});
  } else {
    check.type("out", out, {Type::kF32, Type::kF16, Type::kBf16});
  }
  check.done();
}

// A task is one tile of c. Packets of k come into L1; each is fed to the cube in steps.
Program matmul(const Limits& machine, const MatmulShape& s) {
  s.check(machine);
  const detail::MatmulTiling t = detail::choose_tiling(machine, s);
  using Shape = std::array<Extent, 2>;

  Kernel k{"matmul", machine};
  const Dim rows = k.dim("rows", t.m), cols = k.dim("cols", t.n), depth = k.dim("depth", t.depth);
  const Tensor a =
      s.a_transposed ? k.tensor("a", s.type, {s.k, s.m}) : k.tensor("a", s.type, {s.m, s.k});
  const Tensor b =
      s.b_transposed ? k.tensor("b", s.type, {s.n, s.k}) : k.tensor("b", s.type, {s.k, s.n});
  std::optional<Tensor> bias;
  if (s.bias) bias = k.tensor("bias", s.sum_type(), {s.n});
  const Tensor c = k.tensor("c", s.out, {s.m, s.n});

  Ring& a_l1 = k.ring("a_l1", Mem::kL1, s.type,
                      s.a_transposed ? Shape{depth, rows} : Shape{rows, depth}, t.packets);
  Ring& b_l1 = k.ring("b_l1", Mem::kL1, s.type,
                      s.b_transposed ? Shape{cols, depth} : Shape{depth, cols}, t.packets);
  Ring& a_l0 = k.ring("a_l0", Mem::kL0A, s.type, {rows, t.step}, 2);
  Ring& b_l0 = k.ring("b_l0", Mem::kL0B, s.type, {cols, t.step}, 2);
  Ring& sums = k.ring("sums", Mem::kL0C, s.sum_type(), {rows, cols}, t.handover ? 1 : 2);
  if (t.handover) sums.handover();

  std::optional<Bias> bias_row;
  if (bias) bias_row.emplace(k, s, *bias, cols);

  // sum += one packet of a times one packet of b
  const auto multiply = [&](const Tile& sum, Int m, Int n, Int packet, const MmaOptions& options) {
    k.load(a_l1.push(), s.a_transposed ? a.tile(packet, m) : a.tile(m, packet));
    k.load(b_l1.push(), s.b_transposed ? b.tile(n, packet) : b.tile(packet, n));
    k.use(a_l1.pop(), b_l1.pop(), [&](Tile at, Tile bt) {
      k.loop("step", ceil_div(depth, t.step), [&](Int i) {
        k.feed(a_l0.push(), s.a_transposed ? at.rows(i, t.step).t() : at.cols(i, t.step));
        k.feed(b_l0.push(), s.b_transposed ? bt.cols(i, t.step).t() : bt.rows(i, t.step));
        k.mma(sum, a_l0.pop(), b_l0.pop(), options);
      });
    });
  };
  const auto one_tile = [&](Int m, Int n, const MmaOptions& options) {
    k.use(sums.push(), [&](Tile sum) {
      k.tiles("packet", s.k, depth, [&](Int packet) { multiply(sum, m, n, packet, options); });
    });
    k.drain(c.tile(m, n), sums.pop());
  };

  const int64_t m_tiles = detail::ceil_div(s.m, t.m), n_tiles = detail::ceil_div(s.n, t.n);
  k.tasks(m_tiles * n_tiles, [&](Int task) {
    const auto [task_m, task_n] = k.split(task, m_tiles);
    const Int m = task_m, n = task_n;  // NOTE: clang 14 captures no structured binding
    rows.clip(s.m - m * t.m);
    cols.clip(s.n - n * t.n);
    if (!bias_row) return one_tile(m, n, {});
    bias_row->use(n, [&](Tile row) { one_tile(m, n, {.bias = row}); });
  });
  return k.finish();
}

}  // namespace npu
