// Epilogue: what becomes of a tile of sums on its way to c. Drain alone scales by a number or by
// columns, cuts at zero and converts; everything else takes the vector cores, who get the tile
// through a link. Private to kernels/ops.
#pragma once

#include <functional>
#include <optional>

#include "kernels/kit/kernel.h"
#include "kernels/ops/matmul.h"
#include "kernels/ops/product_tiling.h"

namespace npu::detail {

class Epilogue {
 public:
  // Declares the tensors scale, token_scale, residual and c, as far as they are there, and memory.
  Epilogue(Kernel& k, const MatmulShape& shape, const ProductTiling& tiling, const Dim& rows,
           const Dim& cols);

  static bool takes_vector(const MatmulShape& shape);

  // The popped tile (m, n) to c.
  void finish(const Lease& sums, const Int& m, const Int& n);

 private:
  DrainOptions drain_options(const Int& n);
  void by_vector(const Tile& x, const Int& row, const Int& n);
  void activate(const Tile& x);

  Kernel& k_;
  MatmulShape shape_;
  ProductTiling tiling_;
  std::optional<Tensor> scale_, token_scale_, residual_, c_;
  Ring *scale_l1_ = nullptr, *table_ = nullptr;
  Link* parts_ = nullptr;
  Ring *token_ub_ = nullptr, *residual_ub_ = nullptr, *c_ub_ = nullptr;
  std::optional<Tile> spare_;
};

}  // namespace npu::detail
