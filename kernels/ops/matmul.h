// c = a b (+ bias), scaled, activated, added to, converted: the matrix product on the cube cores of
// all groups with what is fused behind it.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

enum class MatmulActivation : uint8_t { kNone, kRelu, kGelu, kSilu };

// gelu(x) = x / (1 + exp(slope * (x + cubic * x^3))), the form with tanh: slope = -2 sqrt(2 / pi).
inline constexpr double kGeluSlope = -1.5957691216057308, kGeluCubic = 0.044715;

struct MatmulShape {
  int64_t m = 0, n = 0, k = 0;  // a is (m, k), b is (k, n), c is (m, n)
  bool a_transposed = false;    // a is stored as (k, m)
  bool b_transposed = false;    // b is stored as (n, k), like the weights of a linear layer
  bool b_tiled = false;         // b, (n, k), is stored in native tiles; n and k are whole tiles
  Type type = Type::kF16;  // of a and b: f32 tf32 f16 bf16 e4m3 e5m2, summed in f32, or i8, in i32
  Type out = Type::kF32;   // of c: f32 f16 bf16 e4m3 i8, or i32 for integers
  bool bias = false;       // a row (n) of f32 (i32 for i8) is added to every row of the sums

  // c = activation(alpha * scale[j] * token_scale[i] * sums[i, j]) + residual[i, j]
  float alpha = 1;
  bool channel_scale = false;  // a row (n) of f32
  bool token_scale = false;    // a column (m) of f32
  MatmulActivation activation = MatmulActivation::kNone;
  bool residual = false;  // (m, n) of residual_type()

  Type sum_type() const { return is_integer(type) ? Type::kI32 : Type::kF32; }
  // c's, or f16 where that is quantised.
  Type residual_type() const { return out == Type::kE4m3 || out == Type::kI8 ? Type::kF16 : out; }
  // True where anything is between the sums and their conversion.
  bool has_epilogue() const {
    return alpha != 1 || channel_scale || token_scale || residual ||
           activation != MatmulActivation::kNone;
  }
  void check(const Limits& machine) const;  // throws InputError with every problem
};

// Parameters: a, b, [bias], [scale], [token_scale], [residual], c. Types that the machine's cube
// lacks throw InputError. Sums are in ascending k from where an element's tile begins, and come
// round: tiles that share rows or columns may begin at different packets of k.
Program matmul(const Limits& machine, const MatmulShape& shape);

// The tensors behind the product; those that the shape lacks stay empty.
struct MatmulEpilogue {
  std::span<const double> scale, token_scale, residual;
};

// In double. |error of the sums| <= gamma_{k+1} * |a| |b| (norms of the row of a and the column of
// b, which bound sum |a b|, plus |bias|), exact for integers; what follows multiplies it by its
// scale and slope and adds its own roundings; then the rounding of c.
Expected matmul_reference(const MatmulShape& shape, std::span<const double> a,
                          std::span<const double> b, std::span<const double> bias,
                          const MatmulEpilogue& epilogue = {});

}  // namespace npu
