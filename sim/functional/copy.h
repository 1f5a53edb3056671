// Copies between row and fractal layouts: the loops under load, feed, drain and store. Private to
// sim/functional.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "sim/functional/operands.h"

namespace npu::detail {

// A matrix in fractal layout at `base`: row r of tile column j is at base + j * pitch + r *
// tile.row_bytes.
struct Tiles {
  std::byte* base;
  uint64_t pitch;
  uint64_t row_bytes;
};

// The bytes of an operand, wherever it is; it lies inside one memory or allocation.
std::byte* bytes_at(const Place& place, Mem mem, int core, uint64_t address);

void copy_rows(std::byte* to, uint64_t to_pitch, const std::byte* from, uint64_t from_pitch,
               uint64_t rows, uint64_t row_bytes);

// Rows of `row_bytes` into tiles; the last tile of a row is filled up with zeros.
void rows_to_tiles(const Tiles& to, const std::byte* from, uint64_t from_pitch, uint64_t rows,
                   uint64_t row_bytes);

// Zeros into `count` rows of every tile column, from row `first` on.
void zero_tile_rows(const Tiles& to, uint64_t tile_columns, uint64_t first, uint64_t count);

// The transposed matrix: `rows` x `cols` elements at `from` become cols x rows at `to`; both
// pitches are those of tile columns. The last tiles of `to` are filled up with zeros to
// `padded_cols` rows.
void transpose_tiles(const Tiles& to, const Tiles& from, uint64_t element_bytes, uint64_t rows,
                     uint64_t cols, uint64_t padded_cols);

}  // namespace npu::detail
