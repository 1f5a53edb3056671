// Quantisers: groups of channels of a row (activations), or blocks of rows and channels (weights),
// share a scale, found from their largest magnitude.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct QuantizeShape {
  int64_t rows = 0, cols = 0;
  int64_t group = 128;       // channels of a scale, a multiple of 32; 0: the whole row
  int64_t block_rows = 1;    // rows of a scale; of codes only
  int64_t keep = 0;          // channels at the end of a row that stay as they are; of values only
  bool values = false;       // give codes times scales in x's type, instead of both
  Type type = Type::kF32;    // of x: f32 f16 bf16
  Type code = Type::kE4m3;   // e4m3 e5m2 e2m1 i8
  Type scale = Type::kE8m0;  // e8m0: the next power of two; f32

  int64_t quantised() const { return cols - keep; }
  int64_t width() const { return group > 0 ? group : quantised(); }
  int64_t groups() const { return (quantised() + width() - 1) / width(); }  // the last may be short
  int64_t blocks() const { return (rows + block_rows - 1) / block_rows; }   // here too
  double largest() const;                                                   // magnitude of a code
  double floor() const;                                                     // of a group's largest
  void check(const Limits& machine) const;                                  // throws InputError
};

// scale = max(|x| of the group, floor) / largest code, rounded up to a power of two for e8m0; code
// = x / scale, to nearest, ties to even, saturated.
// Parameters: x (rows, cols), codes (rows, cols), scales (rows, groups); or x, y (rows, cols),
// which may be x. A row must fit the vector cores' UB.
Program quantize(const Limits& machine, const QuantizeShape& shape);

// The same where block_rows share a scale: scales are (blocks, groups). A block must fit UB.
Program quantize_blocks(const Limits& machine, const QuantizeShape& shape);

// Exact. One entry an output.
std::vector<Expected> quantize_reference(const QuantizeShape& shape, std::span<const double> x);

}  // namespace npu
