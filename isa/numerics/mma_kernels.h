// The inside of mma(): packed operands and one micro kernel per vector extension. Private to
// numerics.
//
// The unit is 32 bits: a float, or two int16 that stand for two adjacent k of an integer operand.
// An operand is packed in panels 16 units wide:
//   A: (k panel, m, 16), rows as they are: a kernel broadcasts units
//   B: (n panel, k, 16), transposed: a kernel loads vectors
//   C: (n panel, m, 16), which is what L0C already is on a machine with 16 x 16 fractals
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "isa/numerics/mma.h"
#include "isa/numerics/simd_map.h"

namespace npu::detail {

inline constexpr int kPanel = 16;  // units

// Values of k that share a unit.
constexpr int values_per_unit(Type type) { return is_integer(type) ? 2 : 1; }

// Scratch of at least `count` units; grown, never shrunk, so that a loop over tiles allocates once.
inline uint32_t* at_least(std::vector<uint32_t>& units, size_t count) {
  if (units.size() < count) units.resize(count);
  return units.data();
}

// One or two neighbouring panels of C for a strip of rows.
struct Strip {
  const uint32_t* a;      // first row of the strip in the first k panel
  size_t a_panel_stride;  // units from k panel to k panel
  const uint32_t* b[2];   // (k, 16) each; b[1] unused if panels == 1
  uint32_t* c[2];         // first row; rows are 16 units apart
  int panels;             // 1 or 2
  int rows;               // at most the kernel's max_rows
  int k;                  // units
  bool accumulate;
};

struct Kernel {
  int max_rows;
  void (*f32)(const Strip&);
  void (*i16x2)(const Strip&);
};

const Kernel& scalar_kernel();
#if NPU_X86
const Kernel& avx2_kernel();
const Kernel& avx512_kernel();
#endif

// An operand of mma (no scales) or mma_scaled. `turned`: stored as (k, rows); then a unit is a
// value and there are no scales.
struct Operand {
  Type type;
  FractalView values;
  const ScaleView* scales = nullptr;
  bool turned = false;
};

// (rows, k) of the operand to the packed form of A: ceil(units / 16) panels of rows * 16 units.
void pack_a(const Operand& operand, int rows, int k, uint32_t* out);

// (rows, k) of the operand to the packed form of B: ceil(rows / 16) panels of units * 16 units that
// begin `stride` units apart. What stands in columns beyond rows is not defined.
void pack_b(const Operand& operand, int rows, int k, uint32_t* out, size_t stride);

}  // namespace npu::detail
