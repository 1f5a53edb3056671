// Drain: rows of L0C, scaled, activated and converted a chunk at a time, then laid out.
#include <algorithm>
#include <array>
#include <bit>

#include "isa/numerics/convert.h"
#include "isa/numerics/scalar.h"
#include "sim/functional/atomic_rows.h"
#include "sim/functional/copy.h"
#include "sim/functional/run.h"

namespace npu::detail {

namespace {

constexpr uint64_t kChunk = 1024;  // columns; a multiple of every tile's

struct Chunk {
  alignas(64) std::array<float, kChunk> values;
  alignas(64) std::array<std::byte, kChunk * 4> result;
};

float bits_to_float(uint64_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits)); }

// Columns [first, first + count) of one row of L0C; `first` starts a tile.
void gather(const Tiles& sums, const TileShape& tile, uint64_t row, uint64_t first, uint64_t count,
            void* to) {
  auto* target = static_cast<std::byte*>(to);
  const std::byte* from = sums.base + first / tile.cols * sums.pitch + row * tile.row_bytes;
  uint64_t left = count * 4;
  for (; left >= tile.row_bytes; left -= tile.row_bytes) {
    std::memcpy(target, from, tile.row_bytes);
    target += tile.row_bytes;
    from += sums.pitch;
  }
  std::memcpy(target, from, left);
}

void scale(const Place& place, const Drain<Value>& c, uint64_t first, uint64_t count,
           float* values) {
  if (c.scaling == ScaleMode::kScalar) {
    const float factor = bits_to_float(c.scale);
    for (uint64_t i = 0; i < count; ++i) values[i] = canonical(values[i] * factor);
  } else if (c.scaling == ScaleMode::kColumn) {
    const std::byte* table = bytes_at(place, Mem::kTable, 0, c.scale) + first * 4;
    for (uint64_t i = 0; i < count; ++i) {
      float factor = 0;
      std::memcpy(&factor, table + 4 * i, 4);
      values[i] = canonical(values[i] * factor);
    }
  }
}

void activate(const Drain<Value>& c, uint64_t count, float* values) {
  if (c.activation == Activation::kNone) return;
  const float slope = c.activation == Activation::kLeaky ? bits_to_float(c.slope) : 0.0F;
  const bool leaky = c.activation == Activation::kLeaky;
  for (uint64_t i = 0; i < count; ++i) {
    const float x = values[i], below = leaky ? canonical(x * slope) : 0.0F;
    values[i] = x > 0 || x != x ? x : below;
  }
}

// The converted elements of columns [first, first + count) of a row, in chunk.result.
void compute(const Place& place, const Drain<Value>& c, const Tiles& sums, uint64_t row,
             uint64_t first, uint64_t count, Chunk& chunk) {
  const TileShape tile = sum_tile_shape(place.limits);
  gather(sums, tile, row, first, count, chunk.values.data());
  if (c.from == Type::kI32 && c.type == Type::kI32) {
    std::memcpy(chunk.result.data(), chunk.values.data(), count * 4);
    if (c.activation == Activation::kNone) return;
    for (uint64_t i = 0; i < count; ++i) {
      int32_t value = 0;
      std::memcpy(&value, chunk.result.data() + 4 * i, 4);
      value = std::max(value, 0);
      std::memcpy(chunk.result.data() + 4 * i, &value, 4);
    }
    return;
  }
  if (c.from == Type::kI32) {
    convert(chunk.values.data(), Type::kI32, chunk.values.data(), Type::kF32, count);
  }
  scale(place, c, first, count, chunk.values.data());
  activate(c, count, chunk.values.data());
  convert(chunk.values.data(), Type::kF32, chunk.result.data(), c.type, count, Round::kNearestEven,
          c.type == Type::kE4m3);
}

// Writes a chunk of row `row` of the target matrix.
void put(const Place& place, const Drain<Value>& c, std::byte* to, const Tiles& tiles, uint64_t row,
         uint64_t first, uint64_t count, const Chunk& chunk) {
  const auto size = static_cast<uint64_t>(bytes_of(c.type));
  const std::byte* from = chunk.result.data();
  if (c.layout == Layout::kFractal) {
    const TileShape tile = tile_shape(place.limits, c.type);
    std::byte* base = to + first / tile.cols * tiles.pitch + row * tile.row_bytes;
    rows_to_tiles({base, tiles.pitch, tile.row_bytes}, from, 0, 1, count * size);
    return;
  }
  const bool transposed = c.layout == Layout::kTransposed;
  if (!transposed) {
    std::byte* target = to + row * c.dst_pitch + first * size;
    if (c.atomic == Atomic::kNone) {
      std::memcpy(target, from, count * size);
    } else {
      atomic_row(c.atomic, c.type, target, from, count);
    }
    return;
  }
  for (uint64_t i = 0; i < count; ++i) {
    std::byte* target = to + (first + i) * c.dst_pitch + row * size;
    if (c.atomic == Atomic::kNone) {
      std::memcpy(target, from + i * size, size);
    } else {
      atomic_row(c.atomic, c.type, target, from + i * size, 1);
    }
  }
}

// Rows [first, first + rows) of the sums to one target.
void drain_rows(const Place& place, const Drain<Value>& c, int core, uint64_t first_row,
                uint64_t rows) {
  const TileShape sum_tile = sum_tile_shape(place.limits), tile = tile_shape(place.limits, c.type);
  const Tiles sums = {bytes_at(place, Mem::kL0C, 0, c.src),
                      fractal_pitch(sum_tile, c.rows, c.src_pitch), sum_tile.row_bytes};
  std::byte* to = bytes_at(place, c.to, core, c.dst);
  const Tiles tiles = {to, fractal_pitch(tile, rows, c.dst_pitch), tile.row_bytes};
  Chunk chunk;
  for (uint64_t row = 0; row < rows; ++row) {
    for (uint64_t first = 0; first < c.cols; first += kChunk) {
      const uint64_t count = std::min(kChunk, c.cols - first);
      compute(place, c, sums, first_row + row, first, count, chunk);
      put(place, c, to, tiles, row, first, count, chunk);
    }
  }
}

}  // namespace

void run(const Place& place, const Drain<Value>& c) {
  if (c.to != Mem::kUb) return drain_rows(place, c, place.core, 0, c.rows);
  for (int vector = 0; vector < place.limits.vectors; ++vector) {
    const RowShare share = share_of(c, vector);
    if (share.rows > 0) drain_rows(place, c, share.core, share.first, share.rows);
  }
}

}  // namespace npu::detail
