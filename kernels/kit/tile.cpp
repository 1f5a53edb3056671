#include "kernels/kit/tile.h"

#include "kernels/kit/recorder.h"

namespace npu {
namespace {

using kit::ScaleTile;
using kit::TileInfo;

Tile make(TileInfo info) { return Tile(std::make_shared<const TileInfo>(std::move(info))); }

// The extent from `first` on, at most `count`.
Int cut(const Int& extent, const Int& first, int64_t count) {
  return max(0, min(count, extent - first));
}

// A part of a scaled tile is whole blocks, or lies in one.
void check_scaled_block(const TileInfo& tile, const char* what, int64_t count, int64_t block) {
  if (tile.mem == Mem::kL1 && (count % block == 0 || block % count == 0)) return;
  tile.recorder->fail(tile.recorder->where, "a block of " + std::to_string(count) + " " + what +
                                                " of " + tile.name + ", whose scales are for " +
                                                std::to_string(block) + " and lie in L1");
}

// A tile whose rows or columns begin at `first`; the address moves along.
TileInfo moved_rows(const TileInfo& tile, const Int& first, int64_t count) {
  TileInfo part = tile;
  const int64_t step =
      tile.layout == Layout::kFractal
          ? (tile.mem == Mem::kL0C ? int64_t{4} * tile.recorder->limits.fractal_rows
                                   : tile.recorder->limits.fractal_row_bytes)
          : tile.pitch;
  part.address = tile.address + first * step;
  part.rows = cut(tile.rows, first, count);
  part.row0 = tile.row0 + first;
  part.max_rows = count;
  if (tile.scales) {
    check_scaled_block(tile, "rows", count, tile.scales->block.rows);
    part.scales->address = tile.scales->address + first / tile.scales->block.rows;
  }
  part.whole = false;
  return part;
}

void check_block(const TileInfo& tile, const char* what, int64_t count, int64_t capacity) {
  if (count > 0 && count <= capacity) return;
  tile.recorder->fail(tile.recorder->where, "a block of " + std::to_string(count) + " " + what +
                                                " of " + tile.name + ", which has " +
                                                std::to_string(capacity));
}

}  // namespace

Type Tile::type() const { return info_->type; }
Mem Tile::mem() const { return info_->mem; }
Int Tile::row_count() const { return info_->recorder->now(info_->rows); }
Int Tile::col_count() const { return info_->recorder->now(info_->cols); }
int64_t Tile::max_rows() const { return info_->max_rows; }
int64_t Tile::max_cols() const { return info_->max_cols; }

Tile Tile::rows(const Int& i, int64_t count) const { return rows_from(i * count, count); }
Tile Tile::cols(const Int& i, int64_t count) const { return cols_from(i * count, count); }
Tile Tile::rows(const Rows& block) const { return rows_from(block.first, block.count); }

Tile Tile::rows_from(const Int& first, int64_t count) const {
  const TileInfo& tile = *info_;
  check_block(tile, "rows", count, tile.max_rows);
  if (count == tile.max_rows && kit::is_const(first.expr(), 0)) return *this;
  return make(moved_rows(tile, first, count));
}

Tile Tile::cols_from(const Int& first, int64_t count) const {
  const TileInfo& tile = *info_;
  check_block(tile, "columns", count, tile.max_cols);
  if (count == tile.max_cols && kit::is_const(first.expr(), 0)) return *this;
  TileInfo part = tile;
  if (tile.layout == Layout::kFractal) {
    const Limits& limits = tile.recorder->limits;
    const int64_t native =
        tile.mem == Mem::kL0C ? limits.fractal_rows : limits.fractal_cols(tile.type);
    const auto known = first.known();
    if ((known && *known % native != 0) || (!known && count % native != 0)) {
      tile.recorder->fail(
          tile.recorder->where,
          "columns of " + tile.name + " begin at native tiles, every " + std::to_string(native));
    }
    part.address = tile.address + first / native * tile.pitch;
  } else {
    part.address = tile.address + first * bits_of(tile.type) / 8;
  }
  part.cols = cut(tile.cols, first, count);
  part.col0 = tile.col0 + first;
  part.max_cols = count;
  if (tile.scales) {
    const ScaleTile& plane = *tile.scales;
    check_scaled_block(tile, "columns", count, plane.block.cols);
    part.scales->address = plane.address + first / plane.block.cols * plane.pitch;
  }
  part.whole = false;
  return make(std::move(part));
}

Tile Tile::clipped(const Int& rows, const Int& cols) const {
  TileInfo part = *info_;
  part.rows = min(part.rows, rows);
  part.cols = min(part.cols, cols);
  return make(std::move(part));
}

Tile Tile::t() const {
  TileInfo turned = *info_;
  turned.transposed = !turned.transposed;
  return make(std::move(turned));
}

Tile Tile::scaled_by(const Tile& scales) const {
  const TileInfo& plane = scales.info();
  TileInfo scaled = *info_;
  if (scaled.mem != Mem::kL1 || scaled.scales || !plane.scales_only || plane.type != scaled.type) {
    scaled.recorder->fail(scaled.recorder->where,
                          scaled.name + " scaled by " + plane.name +
                              "; allowed: values in L1 by a slot of a scale_ring of their type");
  }
  scaled.scales = plane.scales;
  return make(std::move(scaled));
}

Tile Tile::reshape(int64_t rows, int64_t cols) const {
  const TileInfo& tile = *info_;
  const auto row_bytes =
      static_cast<int64_t>(bytes_of(tile.type, static_cast<size_t>(tile.max_cols)));
  const bool dense = tile.max_rows == 1 || tile.pitch == row_bytes;
  if (tile.mem != Mem::kUb || !dense || rows * cols != tile.max_rows * tile.max_cols) {
    tile.recorder->fail(tile.recorder->where,
                        "reshape of " + tile.name + " (" + std::to_string(tile.max_rows) + " x " +
                            std::to_string(tile.max_cols) + ") to " + std::to_string(rows) + " x " +
                            std::to_string(cols) +
                            "; allowed: a tile of UB without gaps between its rows, as many "
                            "elements");
  }
  TileInfo part = tile;
  part.max_rows = rows;
  part.max_cols = cols;
  part.rows = rows;
  part.cols = cols;
  part.pitch = static_cast<int64_t>(bytes_of(tile.type, static_cast<size_t>(cols)));
  part.whole = false;
  return make(std::move(part));
}

Tile Tile::as(Type type) const {
  TileInfo part = *info_;
  if (bits_of(type) != bits_of(part.type)) {
    part.recorder->fail(part.recorder->where, std::string("a tile of ") + type_name(part.type) +
                                                  " seen as " + type_name(type) +
                                                  ", which has another width");
  }
  part.type = type;
  return make(std::move(part));
}

}  // namespace npu
