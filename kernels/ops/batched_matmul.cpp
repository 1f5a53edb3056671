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

// body(batch, m, n) for every tile of every product, rows fastest.
void each_tile(Kernel& k, detail::Product& product, int64_t batch,
               const std::function<void(Int, Int, Int)>& body) {
  const int64_t m_tiles = product.m_tiles(), n_tiles = product.n_tiles();
  k.tasks(m_tiles * n_tiles * batch, [&](Int task) {
    const auto [m, n, i] = k.split(task, m_tiles, n_tiles);
    product.clip(m, n);
    body(i, m, n);
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
  each_tile(k, product, s.batch, [&](Int i, Int m, Int n) {
    product.tile(a[i], b[i], m, n);
    k.drain(c[i].tile(m, n), product.pop());
  });
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
  each_tile(k, product, s.batch, [&](Int g, Int m, Int n) {
    product.tile(x.cols(g * s.k, s.k), w[g], m, n);
    k.drain(y.cols(g * s.n, s.n).tile(m, n), product.pop());
  });
  return k.finish();
}

}  // namespace npu
