// Tile: a view of a slot or buffer in a local memory. It knows its current extent, its capacity,
// its layout (which follows the memory) and where it lies in the slot it was cut from.
#pragma once

#include <cstdint>
#include <memory>

#include "isa/instructions/operands.h"
#include "isa/types.h"
#include "kernels/kit/scalar.h"

namespace npu {

namespace kit {
struct TileInfo;
}

// A block of rows: what `Kernel::pieces` hands out and `Tile::rows` takes.
struct Rows {
  Int first;          // row in the tile
  int64_t count = 0;  // capacity of the block
};

class Tile {
 public:
  explicit Tile(std::shared_ptr<const kit::TileInfo> info) : info_(std::move(info)) {}

  Type type() const;
  Mem mem() const;
  // Current extents, at this place of the body.
  Int row_count() const;
  Int col_count() const;
  int64_t max_rows() const;
  int64_t max_cols() const;

  // The i-th block of `count` rows or columns; its extent ends where the tile's ends. In a fractal
  // layout (L1) a block of columns is whole native tiles.
  Tile rows(const Int& i, int64_t count) const;
  Tile cols(const Int& i, int64_t count) const;
  Tile rows(const Rows& block) const;
  // `count` rows or columns from `first` on; extent as above.
  Tile rows_from(const Int& first, int64_t count) const;
  Tile cols_from(const Int& first, int64_t count) const;
  Tile row(const Int& i) const { return rows_from(i, 1); }
  Tile col(const Int& i) const { return cols_from(i, 1); }
  // The same tile with `rows` x `cols` as its current extent, not larger than before.
  Tile clipped(const Int& rows, const Int& cols) const;
  // The transposed matrix, for feed: K stored (keys, d) is `kt.t()` where a (d, keys) operand is
  // meant.
  Tile t() const;
  // A tile of values in L1 with its scales, a tile of a scale_ring.
  Tile scaled_by(const Tile& scales) const;
  // A dense tile of UB in another shape of as many elements. Its extent is the whole shape.
  Tile reshape(int64_t rows, int64_t cols) const;
  // The same bytes of UB seen as another type of the same width.
  Tile as(Type type) const;

  const kit::TileInfo& info() const { return *info_; }

 private:
  std::shared_ptr<const kit::TileInfo> info_;
};

}  // namespace npu
