#include "sim/functional/copy.h"

#include <algorithm>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace npu::detail {

namespace {

// Rows of `from` go to the tiles four at a time, so that a host cache line of a tile is written
// once and only four lines are read at a time: pitches are often multiples of 4 KiB, which share
// one set of the host's cache.
constexpr uint64_t kRowsAtOnce = 4;

template <uint64_t kBytes>
void full_tiles(const Tiles& to, const std::byte* from, uint64_t from_pitch, uint64_t rows,
                uint64_t tiles) {
  for (uint64_t first = 0; first < rows; first += kRowsAtOnce) {
    const uint64_t count = std::min(kRowsAtOnce, rows - first);
    for (uint64_t tile = 0; tile < tiles; ++tile) {
      std::byte* target = to.base + tile * to.pitch + first * kBytes;
      const std::byte* source = from + first * from_pitch + tile * kBytes;
      for (uint64_t row = 0; row < count; ++row) {
        std::memcpy(target + row * kBytes, source + row * from_pitch, kBytes);
      }
    }
  }
}

void full_tiles_of_any_width(const Tiles& to, const std::byte* from, uint64_t from_pitch,
                             uint64_t rows, uint64_t tiles) {
  for (uint64_t row = 0; row < rows; ++row) {
    for (uint64_t tile = 0; tile < tiles; ++tile) {
      std::memcpy(to.base + tile * to.pitch + row * to.row_bytes,
                  from + row * from_pitch + tile * to.row_bytes, to.row_bytes);
    }
  }
}

template <class T>
void transpose_part(std::byte* to, const std::byte* from, uint64_t row_bytes, uint64_t rows,
                    uint64_t cols) {
  for (uint64_t row = 0; row < rows; ++row) {
    for (uint64_t col = 0; col < cols; ++col) {
      std::memcpy(to + col * row_bytes + row * sizeof(T), from + row * row_bytes + col * sizeof(T),
                  sizeof(T));
    }
  }
}

#if defined(__SSE2__)
// 8 x 8 elements of 2 bytes, three rounds of interleaving.
void transpose_8x8(std::byte* to, const std::byte* from, uint64_t row_bytes) {
  __m128i row[8], mixed[8];
  for (uint64_t i = 0; i < 8; ++i) {
    row[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i * row_bytes));
  }
  for (int i = 0; i < 4; ++i) {
    mixed[2 * i] = _mm_unpacklo_epi16(row[i], row[i + 4]);
    mixed[2 * i + 1] = _mm_unpackhi_epi16(row[i], row[i + 4]);
  }
  for (int i = 0; i < 4; ++i) {
    row[2 * i] = _mm_unpacklo_epi16(mixed[i], mixed[i + 4]);
    row[2 * i + 1] = _mm_unpackhi_epi16(mixed[i], mixed[i + 4]);
  }
  for (int i = 0; i < 4; ++i) {
    mixed[2 * i] = _mm_unpacklo_epi16(row[i], row[i + 4]);
    mixed[2 * i + 1] = _mm_unpackhi_epi16(row[i], row[i + 4]);
  }
  for (uint64_t i = 0; i < 8; ++i) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i * row_bytes), mixed[i]);
  }
}
#endif

void transpose_block(std::byte* to, const std::byte* from, uint64_t element_bytes,
                     uint64_t row_bytes, uint64_t rows, uint64_t cols) {
  switch (element_bytes) {
    case 1:
      return transpose_part<uint8_t>(to, from, row_bytes, rows, cols);
    case 2:
#if defined(__SSE2__)
      if (rows % 8 == 0 && cols % 8 == 0) {
        for (uint64_t row = 0; row < rows; row += 8) {
          for (uint64_t col = 0; col < cols; col += 8) {
            transpose_8x8(to + col * row_bytes + row * 2, from + row * row_bytes + col * 2,
                          row_bytes);
          }
        }
        return;
      }
#endif
      return transpose_part<uint16_t>(to, from, row_bytes, rows, cols);
    default:
      return transpose_part<uint32_t>(to, from, row_bytes, rows, cols);
  }
}

}  // namespace

std::byte* bytes_at(const Place& place, Mem mem, int core, uint64_t address) {
  if (mem == Mem::kGm) return place.gm.row_for_write(address, 1);
  return memory_of(place.group, mem, core).data() + address;
}

void copy_rows(std::byte* to, uint64_t to_pitch, const std::byte* from, uint64_t from_pitch,
               uint64_t rows, uint64_t row_bytes) {
  if (rows == 1 || (to_pitch == row_bytes && from_pitch == row_bytes)) {
    std::memcpy(to, from, rows * row_bytes);
    return;
  }
  for (uint64_t row = 0; row < rows; ++row) {
    std::memcpy(to + row * to_pitch, from + row * from_pitch, row_bytes);
  }
}

void rows_to_tiles(const Tiles& to, const std::byte* from, uint64_t from_pitch, uint64_t rows,
                   uint64_t row_bytes) {
  const uint64_t whole = row_bytes / to.row_bytes, rest = row_bytes % to.row_bytes;
  if (to.row_bytes == 32) {
    full_tiles<32>(to, from, from_pitch, rows, whole);
  } else {
    full_tiles_of_any_width(to, from, from_pitch, rows, whole);
  }
  if (rest == 0) return;
  for (uint64_t row = 0; row < rows; ++row) {
    std::byte* target = to.base + whole * to.pitch + row * to.row_bytes;
    std::memcpy(target, from + row * from_pitch + whole * to.row_bytes, rest);
    std::memset(target + rest, 0, to.row_bytes - rest);
  }
}

void zero_tile_rows(const Tiles& to, uint64_t tile_columns, uint64_t first, uint64_t count) {
  if (count == 0) return;
  for (uint64_t tile = 0; tile < tile_columns; ++tile) {
    std::memset(to.base + tile * to.pitch + first * to.row_bytes, 0, count * to.row_bytes);
  }
}

void transpose_tiles(const Tiles& to, const Tiles& from, uint64_t element_bytes, uint64_t rows,
                     uint64_t cols, uint64_t padded_cols) {
  const uint64_t side = to.row_bytes / element_bytes;  // elements of a tile row
  for (uint64_t row = 0; row < rows; row += side) {
    const uint64_t block_rows = std::min(side, rows - row);
    std::byte* column = to.base + row / side * to.pitch;
    if (block_rows < side) std::memset(column, 0, padded_cols * to.row_bytes);
    for (uint64_t col = 0; col < cols; col += side) {
      transpose_block(column + col * to.row_bytes,
                      from.base + col / side * from.pitch + row * from.row_bytes, element_bytes,
                      to.row_bytes, block_rows, std::min(side, cols - col));
    }
    std::memset(column + cols * to.row_bytes, 0, (padded_cols - cols) * to.row_bytes);
  }
}

}  // namespace npu::detail
