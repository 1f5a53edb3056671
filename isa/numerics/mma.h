// The arithmetic of the cube on fractals: C[m, n] (+)= A[m, k] B[n, k]^T, the hot loop of the whole
// simulator.
//
// Meaning: every element of C is one chain c = fma(a[r, i], b[j, i], c) over ascending i in fp32,
// each step rounded to nearest even; it starts from +0, or from what C holds if `accumulate`.
// Subnormals are kept. A NaN result is the canonical NaN. i8 and i4 operands accumulate exactly
// into i32, wrapping in two's complement. tf32 operands are expected to be rounded already; they
// are rounded again (nearest even) as they are read. Same bits for every vector extension.
#pragma once

#include <cstddef>
#include <span>

#include "isa/types.h"

namespace npu {

// A matrix as a grid of fractals, fractal columns first: `fractal_rows` rows of `row_bytes`
// contiguous bytes make a fractal, fractals follow each other down a column, columns are
// `column_stride_bytes` apart. With c0 elements in row_bytes, element (r, c) is byte
//   (c / c0) column_stride_bytes + (r / fractal_rows) fractal_rows row_bytes + (r % fractal_rows)
//   row_bytes
//   + (c % c0) element bytes, or half bytes
// from base. An operand is (m, k) or (n, k); the result is (m, n) of f32 or i32.
struct FractalView {
  const std::byte* base = nullptr;
  size_t column_stride_bytes = 0;
  int fractal_rows = 0;
  int row_bytes = 0;
};

struct MutableFractalView {
  std::byte* base = nullptr;
  size_t column_stride_bytes = 0;
  int fractal_rows = 0;
  int row_bytes = 0;
};

// The e8m0 scales of an operand: that of element (r, i) is byte (i / 32) column_stride_bytes + r
// from base.
struct ScaleView {
  const std::byte* base = nullptr;
  size_t column_stride_bytes = 0;
};
inline constexpr int kScaleBlock = 32;  // elements of k that share a scale

// True for the operand types of mma(): f32 tf32 f16 bf16 e4m3 e5m2, and i8 i4.
bool is_mma_type(Type type);
// True for the operand types of mma_scaled(): e4m3 e5m2 e2m1.
bool is_scaled_mma_type(Type type);

// What mma() accumulates operands of this type in: f32, or i32 for i8 and i4.
Type accumulator_of(Type type);

// `type` is that of both operands. Rows of row_bytes are read whole, also where k ends inside one;
// of C exactly m x n elements are written. k = 0 gives C = 0, or leaves C as it is if `accumulate`.
// C overlaps neither operand.
void mma(Type type, FractalView a, FractalView b, MutableFractalView c, int m, int n, int k,
         bool accumulate);

// One of several products that are added to the same C in turn. A `turned` operand is stored as
// (k, m) or (k, n); integers are not.
struct MmaStep {
  FractalView a, b;
  bool a_turned = false, b_turned = false;
  int k = 0;
};
// What mma() of each step after the other gives, in one pass over C.
void mma(Type type, std::span<const MmaStep> steps, MutableFractalView c, int m, int n,
         bool accumulate);

// The same with operands that may differ in type, into f32. Every element is multiplied by its
// scale in f32, rounded to nearest even, before it enters the chain.
struct ScaledOperand {
  Type type;
  FractalView values;
  ScaleView scales;
};
void mma_scaled(const ScaledOperand& a, const ScaledOperand& b, MutableFractalView c, int m, int n,
                int k, bool accumulate);

}  // namespace npu
