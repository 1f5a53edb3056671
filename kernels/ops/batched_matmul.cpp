#include "kernels/ops/batched_matmul.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/product.h"
#include "kernels/ops/shape_check.h"

namespace npu {

namespace {

detail::ProductShape product_of(const BatchedMatmulShape& s) {
  return {.m = s.m,
          .n = s.n,
          .k = s.k,
          .a = s.type,
          .b = s.type,
          .b_transposed = s.b_transposed,
          .copies = s.batch};
}

// Every tile of every product, rows fastest: operands(i) are a and b of product i, out(i) its c.
void each_tile(Kernel& k, detail::Product& product, int64_t batch,
               const std::function<std::pair<Tensor, Tensor>(Int)>& operands,
               const std::function<Tensor(Int)>& out) {
  const int64_t m_tiles = product.m_tiles(), n_tiles = product.n_tiles();
  const auto tile_of = [&](Int task) {
    const auto [m, n, i] = k.split(task, m_tiles, n_tiles);
    const auto [a, b] = operands(i);
    return detail::ProductTile{a, b, m, n};
  };
  product.tasks(m_tiles * n_tiles * batch, tile_of, [&](Int task, const detail::ProductTile& tile) {
    product.multiply(tile);
    k.drain(out(task / (m_tiles * n_tiles)).tile(tile.m, tile.n), product.pop());
  });
}

}  // namespace

void BatchedMatmulShape::check(const char* owner, const Limits& machine) const {
  detail::ShapeCheck check(owner, machine);
  check.dimension("batch", batch);
  check.dimension("m", m);
  check.dimension("n", n);
  check.dimension("k", k);
  check.type("dtype", type, {Type::kF32, Type::kTf32, Type::kF16, Type::kBf16, Type::kI8});
  check.cube_type("dtype", type);
  check.type("out", out,
             is_integer(type) ? std::vector<Type>{Type::kI32, Type::kF32}
                              : std::vector<Type>{Type::kF32, Type::kF16, Type::kBf16});
  check.done();
}

Program batched_matmul(const Limits& machine, const BatchedMatmulShape& s) {
  s.check("batched_matmul", machine);
  const detail::ProductShape shape = product_of(s);
  Kernel k{"batched_matmul", machine};
  const Tensor a = k.tensor("a", s.type, {s.batch, s.m, s.k});
  const Tensor b = s.b_transposed ? k.tensor("b", s.type, {s.batch, s.n, s.k})
                                  : k.tensor("b", s.type, {s.batch, s.k, s.n});
  const Tensor c = k.tensor("c", s.out, {s.batch, s.m, s.n});
  detail::Product product(k, shape, detail::choose_tiling("batched_matmul", machine, shape));
  each_tile(
      k, product, s.batch, [&](Int i) { return std::pair(a[i], b[i]); },
      [&](Int i) { return c[i]; });
  return k.finish();
}

Program grouped_o_proj(const Limits& machine, const BatchedMatmulShape& s) {
  s.check("grouped_o_proj", machine);
  const detail::ProductShape shape = product_of(s);
  Kernel k{"grouped_o_proj", machine};
  const Tensor x = k.tensor("x", s.type, {s.m, s.batch * s.k});
  const Tensor w = k.tensor("w", s.type, {s.batch, s.n, s.k});
  const Tensor y = k.tensor("y", s.out, {s.m, s.batch * s.n});
  detail::Product product(k, shape, detail::choose_tiling("grouped_o_proj", machine, shape));
  each_tile(
      k, product, s.batch, [&](Int g) { return std::pair(x.cols(g * s.k, s.k), w[g]); },
      [&](Int g) { return y.cols(g * s.n, s.n); });
  return k.finish();
}

}  // namespace npu
