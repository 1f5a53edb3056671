#include "kernels/ops/matmul.h"

#include <fmt/format.h>

#include "kernels/kit/kit.h"
#include "kernels/ops/epilogue.h"
#include "kernels/ops/product.h"
#include "kernels/ops/shape_check.h"

namespace npu {

void MatmulShape::check(const Limits& machine) const {
  detail::ShapeCheck check("matmul", machine);
  check.dimension("m", m);
  check.dimension("n", n);
  check.dimension("k", k);
  check.type(
      "dtype", type,
      {Type::kF32, Type::kTf32, Type::kF16, Type::kBf16, Type::kE4m3, Type::kE5m2, Type::kI8});
  check.cube_type("dtype", type);
  check.type("out", out, {Type::kF32, Type::kF16, Type::kBf16, Type::kE4m3, Type::kI8, Type::kI32});
  const int tile_cols = machine.fractal_cols(type);
  check.require(!b_tiled || (b_transposed && n % machine.fractal_rows == 0 && k % tile_cols == 0),
                fmt::format("b in native tiles is (n, k) of whole tiles of {} x {}",
                            machine.fractal_rows, tile_cols));
  const bool exact = out == Type::kI32;
  check.require(!exact || is_integer(type), "out i32 is for integer sums");
  check.require(!exact || !has_epilogue(),
                "out i32 allows neither scales, activation nor residual");
  check.done();
}

// A task is one tile of c.
Program matmul(const Limits& machine, const MatmulShape& s) {
  s.check(machine);
  const detail::ProductShape shape{.m = s.m,
                                   .n = s.n,
                                   .k = s.k,
                                   .a = s.type,
                                   .b = s.type,
                                   .a_transposed = s.a_transposed,
                                   .b_transposed = s.b_transposed,
                                   .bias = s.bias,
                                   .table = s.channel_scale,
                                   .to_vector = detail::Epilogue::takes_vector(s)};
  const detail::ProductTiling tiling = detail::choose_tiling("matmul", machine, shape);

  Kernel k{"matmul", machine};
  const Tensor a =
      s.a_transposed ? k.tensor("a", s.type, {s.k, s.m}) : k.tensor("a", s.type, {s.m, s.k});
  Tensor b = s.b_transposed ? k.tensor("b", s.type, {s.n, s.k}) : k.tensor("b", s.type, {s.k, s.n});
  if (s.b_tiled) b = b.tiled();
  std::optional<Tensor> bias;
  if (s.bias) bias = k.tensor("bias", s.sum_type(), {s.n});
  detail::Product product(k, shape, tiling);
  detail::Epilogue epilogue(k, s, tiling, product.rows, product.cols);
  std::optional<detail::BiasRow> bias_row;
  if (bias) bias_row.emplace(k, *bias, product.cols);

  const auto tile_of = [&](Int task) { return product.place(a, b, task); };
  const auto body = [&](Int, const detail::ProductTile& tile) {
    const auto one_tile = [&](const MmaOptions& options) {
      product.multiply(tile, options);
      epilogue.finish(product.pop(), tile.m, tile.n);
    };
    if (!bias_row) return one_tile({});
    bias_row->use(tile.n, [&](Tile row) { one_tile({.bias = row}); });
  };
  product.tasks(product.m_tiles() * product.n_tiles(), tile_of, body);
  return k.finish();
}

}  // namespace npu
