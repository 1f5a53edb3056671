// Load, fill, feed and store; drain has its own file.
#include <algorithm>
#include <vector>

#include "isa/numerics/convert.h"
#include "sim/functional/atomic_rows.h"
#include "sim/functional/copy.h"
#include "sim/functional/run.h"

namespace npu::detail {

namespace {

Tiles tiles_at(const Place& place, Mem mem, const TileShape& tile, uint64_t address, uint64_t rows,
               uint64_t pitch) {
  return {bytes_at(place, mem, 0, address), fractal_pitch(tile, rows, pitch), tile.row_bytes};
}

void load_plane(const Place& place, const Load<Value>& c, std::byte* to, const std::byte* from) {
  const uint64_t row_bytes = bytes_of(c.type, c.cols);
  const TileShape tile = tile_shape(place.limits, c.type);
  const uint64_t columns = ceil_div(c.cols, tile.cols);
  const uint64_t pitch = fractal_pitch(tile, c.rows, c.dst_pitch);
  if (c.layout == Layout::kTiled) {
    copy_rows(to, pitch, from, fractal_pitch(tile, c.rows, c.src_pitch), columns,
              ceil_div(c.rows, tile.rows) * tile.bytes());
  } else if (c.layout == Layout::kFractal) {
    const Tiles tiles = {to, pitch, tile.row_bytes};
    rows_to_tiles(tiles, from, c.src_pitch, c.rows, row_bytes);
    zero_tile_rows(tiles, columns, c.rows, padding_rows(tile, c.dst, c.rows));
  } else if (c.layout == Layout::kScale) {
    const uint64_t column = scale_pitch(place.limits, c.rows, c.dst_pitch);
    for (uint64_t row = 0; row < c.rows; ++row) {
      for (uint64_t col = 0; col < c.cols; ++col) {
        to[col * column + row] = from[row * c.src_pitch + col];
      }
    }
  } else {
    copy_rows(to, c.dst_pitch, from, c.src_pitch, c.rows, row_bytes);
  }
}

}  // namespace

void run(const Place& place, const Load<Value>& c) {
  std::byte* to = bytes_at(place, c.to, place.core, c.dst);
  const std::byte* from = bytes_at(place, Mem::kGm, place.core, c.src);
  for (uint64_t plane = 0; plane < std::max<uint64_t>(c.planes, 1); ++plane) {
    load_plane(place, c, to + plane * c.dst_plane, from + plane * c.src_plane);
  }
}

void run(const Place& place, const LoadRows<Value>& c) {
  const IndexedRows rows = *operands(place, c).indexed;
  const TileShape tile = tile_shape(place.limits, c.type);
  const bool fractal = c.layout == Layout::kFractal;
  std::byte* to = bytes_at(place, c.to, place.core, c.dst);
  const Tiles tiles = {to, fractal_pitch(tile, c.rows, c.dst_pitch), tile.row_bytes};
  const std::vector<std::byte> zeros(rows.row_bytes);
  for (uint64_t i = 0; i < c.rows; ++i) {
    const int32_t index = list_entry(place, rows.list, i);
    const std::byte* from = index < 0
                                ? zeros.data()
                                : bytes_at(place, Mem::kGm, place.core,
                                           c.src + static_cast<uint64_t>(index) * c.src_pitch);
    if (fractal) {
      rows_to_tiles({to + i * tile.row_bytes, tiles.pitch, tiles.row_bytes}, from, 0, 1,
                    rows.row_bytes);
    } else {
      std::memcpy(to + i * c.dst_pitch, from, rows.row_bytes);
    }
  }
  if (fractal) {
    zero_tile_rows(tiles, ceil_div(c.cols, tile.cols), c.rows, padding_rows(tile, c.dst, c.rows));
  }
}

void run(const Place& place, const Fill<Value>& c) {
  std::byte* to = bytes_at(place, c.to, place.core, c.dst);
  const uint64_t row_bytes = bytes_of(c.type, c.cols);
  const auto nibbles = static_cast<uint8_t>((c.value & 0xf) * 0x11);
  const uint64_t value = bits_of(c.type) == 4 ? nibbles : c.value;
  const auto size = static_cast<uint64_t>(std::max(bytes_of(c.type), 1));
  for (uint64_t at = 0; at < row_bytes; at += size) std::memcpy(to + at, &value, size);
  for (uint64_t row = 1; row < c.rows; ++row) std::memcpy(to + row * c.dst_pitch, to, row_bytes);
}

namespace {

// Feed of 4-bit elements as 8-bit ones: a column of tiles becomes two.
void feed_widened(const Place& place, const Feed<Value>& c, const Tiles& from, const Tiles& to) {
  const TileShape tile = tile_shape(place.limits, c.type);
  std::vector<std::byte> wide(2 * tile.row_bytes);
  for (uint64_t first = 0; first < c.cols; first += tile.cols) {
    const uint64_t count = std::min(tile.cols, c.cols - first);
    const std::byte* column = from.base + first / tile.cols * from.pitch;
    for (uint64_t row = 0; row < c.rows; ++row) {
      convert(column + row * tile.row_bytes, c.type, wide.data(), widened(c.type), count);
      rows_to_tiles({to.base + first / tile.cols * 2 * to.pitch + row * tile.row_bytes, to.pitch,
                     tile.row_bytes},
                    wide.data(), 0, 1, count);
    }
  }
}

}  // namespace

void run(const Place& place, const Feed<Value>& c) {
  const TileShape tile = tile_shape(place.limits, c.type);
  const uint64_t to_rows = c.transpose ? c.cols : c.rows;
  const uint64_t padded = ceil_div(to_rows, tile.rows) * tile.rows;
  const Tiles from = tiles_at(place, Mem::kL1, tile, c.src, c.rows, c.src_pitch);
  const Tiles to = tiles_at(place, c.to, tile, c.dst, to_rows, c.dst_pitch);
  if (c.transpose) {
    transpose_tiles(to, from, static_cast<uint64_t>(bytes_of(c.type)), c.rows, c.cols, padded);
    return;
  }
  if (c.widen) {
    feed_widened(place, c, from, to);
    const TileShape fed = tile_shape(place.limits, widened(c.type));
    zero_tile_rows(to, ceil_div(c.cols, fed.cols), c.rows, padded - c.rows);
    return;
  }
  const uint64_t whole = c.cols / tile.cols, rest = bytes_of(c.type, c.cols % tile.cols);
  copy_rows(to.base, to.pitch, from.base, from.pitch, whole, c.rows * tile.row_bytes);
  if (rest != 0) {
    rows_to_tiles({to.base + whole * to.pitch, to.pitch, tile.row_bytes},
                  from.base + whole * from.pitch, tile.row_bytes, c.rows, rest);
  }
  zero_tile_rows(to, ceil_div(c.cols, tile.cols), c.rows, padded - c.rows);
}

void run(const Place& place, const FeedScale<Value>& c) {
  const uint64_t a_row = at_least_one(c.repeat_rows), a_col = at_least_one(c.repeat_k);
  const uint64_t from_pitch = scale_pitch(place.limits, ceil_div(c.rows, a_row), c.src_pitch);
  const uint64_t to_pitch = scale_pitch(place.limits, c.rows, 0);
  const std::byte* from = bytes_at(place, Mem::kL1, 0, c.src);
  std::byte* to = bytes_at(place, c.to, 0, c.dst);
  for (uint64_t col = 0; col < c.cols; ++col) {
    for (uint64_t row = 0; row < c.rows; ++row) {
      to[col * to_pitch + row] = from[col / a_col * from_pitch + row / a_row];
    }
  }
}

void run(const Place& place, const FeedBias<Value>& c) {
  const Type wide = c.type == Type::kI32 ? Type::kI32 : Type::kF32;
  convert(bytes_at(place, Mem::kL1, 0, c.src), c.type, bytes_at(place, Mem::kBias, 0, c.dst), wide,
          c.cols);
}

void run(const Place& place, const FeedTable<Value>& c) {
  std::memcpy(bytes_at(place, Mem::kTable, 0, c.dst), bytes_at(place, Mem::kL1, 0, c.src),
              c.cols * sizeof(float));
}

void run(const Place& place, const Store<Value>& c) {
  const std::byte* from = bytes_at(place, Mem::kUb, place.core, c.src);
  const uint64_t row_bytes = bytes_of(c.type, c.cols);
  if (c.layout == Layout::kFractal) {
    const TileShape tile = tile_shape(place.limits, c.type);
    rows_to_tiles(tiles_at(place, Mem::kL1, tile, c.dst, c.rows, c.dst_pitch), from, c.src_pitch,
                  c.rows, row_bytes);
    return;
  }
  std::byte* to = bytes_at(place, c.to, place.core, c.dst);
  if (c.atomic == Atomic::kNone) {
    copy_rows(to, c.dst_pitch, from, c.src_pitch, c.rows, row_bytes);
    return;
  }
  for (uint64_t row = 0; row < c.rows; ++row) {
    atomic_row(c.atomic, c.type, to + row * c.dst_pitch, from + row * c.src_pitch, c.cols);
  }
}

void run(const Place& place, const StoreRows<Value>& c) {
  const IndexedRows rows = *operands(place, c).indexed;
  const std::byte* from = bytes_at(place, Mem::kUb, place.core, c.src);
  for (uint64_t i = 0; i < c.rows; ++i) {
    const int32_t index = list_entry(place, rows.list, i);
    if (index < 0) continue;
    std::byte* to =
        bytes_at(place, Mem::kGm, place.core, c.dst + static_cast<uint64_t>(index) * c.dst_pitch);
    if (c.atomic == Atomic::kNone) {
      std::memcpy(to, from + i * c.src_pitch, rows.row_bytes);
    } else {
      atomic_row(c.atomic, c.type, to, from + i * c.src_pitch, c.cols);
    }
  }
}

}  // namespace npu::detail
