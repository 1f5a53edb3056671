// How large the tiles of vector operators are: as much as fits UB, in portions that give every
// vector core something to do. Private to kernels/ops.
#pragma once

#include <algorithm>
#include <cstdint>

#include "isa/limits/limits.h"
#include "kernels/kit/kernel.h"

namespace npu::detail {

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

inline int64_t vector_cores(const Limits& machine) {
  return int64_t{machine.groups} * machine.vectors;
}

// Of the cube: as many as its rate for 2 bytes, of narrower types more, of f32 a quarter.
inline double macs_per_cycle(const Limits& machine, Type type) {
  const int bits = bits_of(type);
  return machine.cube_macs_per_cycle_f16 * (bits == 32 ? 0.25 : 16.0 / bits);
}

// Bytes of UB from one row of a tile to the next.
inline int64_t padded_row(const Limits& machine, int64_t cols, Type type) {
  return round_up(cols * bytes_of(type), machine.ub_align);
}

// Columns of a tile whose rows are reached one by one. One column alone would lie dense in UB, its
// rows not at aligned addresses; with room for a second one they are padded as all others.
inline int64_t row_columns(int64_t cols) { return std::max<int64_t>(cols, 2); }
inline Extent row_extent(Kernel& kernel, const char* name, int64_t cols) {
  if (cols == row_columns(cols)) return cols;
  const Dim dim = kernel.dim(name, row_columns(cols));
  dim.clip(cols);
  return dim;
}

// Units of `bytes_each` that fit three quarters of UB (the rest is for alignment and small
// buffers), at most what one vector core would get of `count`, at least 1.
inline int64_t portion(const Limits& machine, int64_t count, int64_t bytes_each) {
  const int64_t fit = static_cast<int64_t>(machine.ub) * 3 / 4 / bytes_each;
  return std::max<int64_t>(1, std::min(fit, ceil_div(count, vector_cores(machine))));
}

// The same for a row of elements that is cut into tiles: whole multiples of 64 elements where that
// many fit.
inline int64_t row_portion(const Limits& machine, int64_t count, int64_t bytes_each) {
  const int64_t fit = static_cast<int64_t>(machine.ub) * 3 / 4 / bytes_each;
  const int64_t unit = std::min<int64_t>(64, std::max<int64_t>(1, fit));
  const int64_t wanted = round_up(ceil_div(count, vector_cores(machine)), unit);
  return std::min(fit / unit * unit, wanted);
}

}  // namespace npu::detail
