// Product: the loop that every matrix product on the cube shares. Packets of k come into L1; each
// is fed in steps to L0A and L0B and added to one tile of sums in L0C. Private to kernels/ops.
#pragma once

#include <array>
#include <optional>

#include "kernels/kit/kernel.h"
#include "kernels/ops/product_tiling.h"

namespace npu::detail {

class Product {
 public:
  // Declares the rings. `a` and `b` are given to `tile`, as the shape says.
  Product(Kernel& k, const ProductShape& shape, const ProductTiling& tiling);

  int64_t m_tiles() const { return ceil_div(shape_.m, tiling_.m); }
  int64_t n_tiles() const { return ceil_div(shape_.n, tiling_.n); }
  // The tile (m, n) of a task. Groups that work at the same time are on a block of tiles, which
  // needs fewer rows of a and columns of b than a line of tiles.
  std::array<Int, 2> place(const Int& task) const;

  // body(m, n) for each tile that is this group's, with rows and cols set. The loads of a tile
  // begin while the one before it is multiplied: what `tile` is given there is `a` and `b`.
  void tasks(const Tensor& a, const Tensor& b, const std::function<void(Int, Int)>& body);

  // Sets rows and cols for tile (m, n), before anything else of it.
  void clip(const Int& m, const Int& n);
  // One slot of sums = tile (m, n) of a b (+ bias, the tile's piece of it in Mem::kBias).
  void tile(const Tensor& a, const Tensor& b, const Int& m, const Int& n,
            const MmaOptions& options = {});
  // The same over k from `first` to `last` alone, both at packets.
  void part(const Tensor& a, const Tensor& b, const Int& m, const Int& n, const Int& first,
            const Int& last);
  Lease pop() const { return sums_->pop(); }

  const Dim rows, cols;  // of the tile at work

 private:
  // Of a scaled packet: its scales of a and b.
  struct Scales {
    Tile a, b;
  };
  // Loads of packet `index` of k, of the scales of span `index`.
  void load_packet(const Tensor& a, const Tensor& b, const Int& m, const Int& n, const Int& index);
  void load_scales(const Tensor& a, const Tensor& b, const Int& m, const Int& n, const Int& index);
  // Their places in k; the extents of a tile are set again with them, after those of another.
  void clip_packet(const Int& m, const Int& n, const Int& index);
  void clip_span(const Int& m, const Int& n, const Int& index);
  Prefetch prefetch(const char* name, int64_t parts, int distance,
                    const std::function<void(Int, Int, Int)>& load);

  void packet(const Tile& sum, const Tensor& a, const Tensor& b, const Int& m, const Int& n,
              const Int& index, const MmaOptions& options,
              const std::optional<Scales>& scales = std::nullopt);
  void scaled_packets(const Tile& sum, const Tensor& a, const Tensor& b, const Int& m, const Int& n,
                      const MmaOptions& options);

  Kernel& k_;
  ProductShape shape_;
  ProductTiling tiling_;
  Dim depth_;
  std::optional<Dim> span_;  // of k: a slot of scales
  Ring *a_l1_, *b_l1_, *a_l0_, *b_l0_, *sums_;
  Ring *a_scales_ = nullptr, *b_scales_ = nullptr;
  std::optional<Prefetch> packets_, spans_;  // of the tiles of `tasks`
};

// The way of a tile's piece of a bias (n) to where the cube starts from it.
class BiasRow {
 public:
  BiasRow(Kernel& k, const Tensor& bias, const Dim& cols);
  void use(const Int& n, const std::function<void(Tile)>& body);

 private:
  Kernel& k_;
  const Tensor bias_;
  Ring &l1_, &row_;
};

}  // namespace npu::detail
