#include "kernels/ops/scaled_matmul.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/product.h"
#include "kernels/ops/shape_check.h"

namespace npu {

void ScaledMatmulShape::check(const char* owner, const Limits& machine) const {
  detail::ShapeCheck check(owner, machine);
  check.dimension("m", m);
  check.dimension("n", n);
  check.dimension("k", k);
  for (const auto& [what, type] : {std::pair("a", a), std::pair("b", b)}) {
    check.type(what, type, {Type::kE4m3, Type::kE5m2, Type::kE2m1});
    check.cube_type(what, type);
    check.require(bits_of(type) == 8 || k % 2 == 0, "k is odd; 4-bit elements come in pairs");
  }
  check.float_type("out", out);
  check.done();
}

// The cube scales: a scaled slot holds values and scales.
Program scaled_matmul(const char* name, const Limits& machine, const ScaledMatmulShape& s) {
  s.check(name, machine);
  const detail::ProductShape shape{.m = s.m,
                                   .n = s.n,
                                   .k = s.k,
                                   .a = scaled(s.a, s.a_block),
                                   .b = scaled(s.b, s.b_block),
                                   .b_transposed = true};
  Kernel k{name, machine};
  const Tensor a = k.tensor("a", shape.a, {s.m, s.k}), b = k.tensor("b", shape.b, {s.n, s.k});
  const Tensor c = k.tensor("c", s.out, {s.m, s.n});
  detail::Product product(k, shape, detail::choose_tiling(name, machine, shape));
  const auto tile_of = [&](Int task) { return product.place(a, b, task); };
  product.tasks(product.m_tiles() * product.n_tiles(), tile_of,
                [&](Int, const detail::ProductTile& tile) {
                  product.multiply(tile);
                  k.drain(c.tile(tile.m, tile.n), product.pop());
                });
  return k.finish();
}

}  // namespace npu
