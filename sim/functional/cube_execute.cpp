#include <algorithm>
#include <cstring>

#include "sim/functional/copy.h"
#include "sim/functional/cube_views.h"
#include "sim/functional/run.h"

namespace npu::detail {

namespace {

template <class C>
MutableFractalView sums_at(const Place& place, const C& c) {
  const TileShape sum = sum_tile_shape(place.limits);
  return {bytes_at(place, Mem::kL0C, 0, c.c), fractal_pitch(sum, c.m, c.c_pitch),
          static_cast<int>(sum.rows), static_cast<int>(sum.row_bytes)};
}

ScaledOperand scaled_operand(const Place& place, Mem mem, Type type, uint64_t address,
                             uint64_t scales, uint64_t rows) {
  return {type,
          fractals_at(place, mem, tile_shape(place.limits, type), address, rows, 0),
          {bytes_at(place, mem, 0, scales), scale_pitch(place.limits, rows, 0)}};
}

// Every row of C becomes the bias row: where the chains of an overwriting mma start.
void start_from_bias(const Place& place, const Mma<Value>& c, const MutableFractalView& sums) {
  const std::byte* bias = bytes_at(place, Mem::kBias, 0, c.bias);
  const auto row_bytes = static_cast<uint64_t>(sums.row_bytes);
  const uint64_t bytes = c.n * 4;
  for (uint64_t at = 0; at < bytes; at += row_bytes) {
    std::byte* column = sums.base + at / row_bytes * sums.column_stride_bytes;
    for (uint64_t row = 0; row < c.m; ++row) {
      std::memcpy(column + row * row_bytes, bias + at, std::min(row_bytes, bytes - at));
    }
  }
}

}  // namespace

FractalView fractals_at(const Place& place, Mem mem, const TileShape& tile, uint64_t address,
                        uint64_t rows, uint64_t pitch) {
  return {bytes_at(place, mem, 0, address), fractal_pitch(tile, rows, pitch),
          static_cast<int>(tile.rows), static_cast<int>(tile.row_bytes)};
}

MutableFractalView sums_of(const Place& place, const Mma<Value>& c) { return sums_at(place, c); }
MutableFractalView sums_of(const Place& place, const MmaScaled<Value>& c) {
  return sums_at(place, c);
}

bool start_sums(const Place& place, const Mma<Value>& c) {
  const bool from_bias = c.use_bias && c.accumulate == 0;
  if (from_bias) start_from_bias(place, c, sums_of(place, c));
  return from_bias || c.accumulate != 0;
}

void run(const Place& place, const Mma<Value>& c) {
  const TileShape tile = tile_shape(place.limits, c.type);
  const bool accumulate = start_sums(place, c);
  mma(c.type, fractals_at(place, Mem::kL0A, tile, c.a, c.m, c.a_pitch),
      fractals_at(place, Mem::kL0B, tile, c.b, c.n, c.b_pitch), sums_of(place, c),
      static_cast<int>(c.m), static_cast<int>(c.n), static_cast<int>(c.k), accumulate);
}

void run(const Place& place, const MmaScaled<Value>& c) {
  mma_scaled(scaled_operand(place, Mem::kL0A, c.type_a, c.a, c.a_scale, c.m),
             scaled_operand(place, Mem::kL0B, c.type_b, c.b, c.b_scale, c.n), sums_of(place, c),
             static_cast<int>(c.m), static_cast<int>(c.n), static_cast<int>(c.k),
             c.accumulate != 0);
}

}  // namespace npu::detail
