// Product: the loop that every matrix product on the cube shares. Packets of k come into L1; each
// is fed in steps to L0A and L0B and added to one tile of sums in L0C. Private to kernels/ops.
#pragma once

#include <optional>

#include "kernels/kit/kernel.h"
#include "kernels/ops/product_tiling.h"

namespace npu::detail {

// Tile (m, n) of a product a b.
struct ProductTile {
  Tensor a, b;
  Int m, n;
};

class Product {
 public:
  // Declares the rings. `a` and `b` come with each tile, as the shape says.
  Product(Kernel& k, const ProductShape& shape, const ProductTiling& tiling);

  int64_t m_tiles() const { return ceil_div(shape_.m, tiling_.m); }
  int64_t n_tiles() const { return ceil_div(shape_.n, tiling_.n); }

  // Tasks that are tiles. The loads of a task begin while the one before it is multiplied. `body`
  // gives the tile to `multiply` and then has its sums to pop; rows and cols are set.
  using TileOf = std::function<ProductTile(Int)>;
  using Body = std::function<void(Int, const ProductTile&)>;
  void tasks(const Int& count, const TileOf& tile_of, const Body& body);
  // The same by Kernel::deal.
  void deal(Var& turn, const Int& count, const TileOf& tile_of, const Body& body);
  // Tile `task` of one product. Groups that work at the same time are on a block of tiles, which
  // needs fewer rows of a and columns of b than a line of tiles.
  ProductTile place(const Tensor& a, const Tensor& b, const Int& task) const;

  // Sets rows and cols for a tile, before anything else of it.
  void clip(const ProductTile& tile);
  // One slot of sums = the tile (+ bias, its piece of it in Mem::kBias).
  void multiply(const ProductTile& tile, const MmaOptions& options = {});
  // The same over k from `first` to `last` alone, both at packets.
  void part(const ProductTile& tile, const Int& first, const Int& last);
  Lease pop() const { return sums_->pop(); }

  const Dim rows, cols;  // of the tile at work

 private:
  // Of a scaled packet: its scales of a and b.
  struct Scales {
    Tile a, b;
  };
  Kernel::IntBody each(const TileOf& tile_of, const Body& body);
  // Of tasks first, first + groups, .. below count.
  void load_ahead(const Int& first, const Int& count, const TileOf& tile_of);
  int64_t packets() const { return ceil_div(shape_.k, tiling_.depth); }
  // The packet, of so many of k, that a tile works on in a turn. Where tiles begin apart, tile (m,
  // n) begins at packet m + n, goes on to the last and comes round.
  Int packet_of(const ProductTile& tile, const Int& turn, const Int& count) const;
  void load_packet(const ProductTile& tile, const Int& index);
  void load_scales(const ProductTile& tile, const Int& index);
  void packet(const Tile& sum, const ProductTile& tile, const Int& index, const MmaOptions& options,
              const std::optional<Scales>& scales = std::nullopt);
  void scaled_packets(const Tile& sum, const ProductTile& tile, const MmaOptions& options);

  Kernel& k_;
  ProductShape shape_;
  ProductTiling tiling_;
  Dim depth_;
  std::optional<Dim> span_;  // of k: a slot of scales
  Ring *a_l1_, *b_l1_, *a_l0_, *b_l0_, *sums_;
  Ring *a_scales_ = nullptr, *b_scales_ = nullptr;
  std::optional<Prefetch> packets_, spans_;  // ahead of the tasks at work
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
