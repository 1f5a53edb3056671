// c = a b (+ bias): the matrix product on the cube cores of all groups.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct MatmulShape {
  int64_t m = 0, n = 0, k = 0;  // a is (m, k), b is (k, n), c is (m, n)
  bool a_transposed = false;    // a is stored as (k, m)
  bool b_transposed = false;    // b is stored as (n, k), like the weights of a linear layer
  Type type = Type::kF16;  // of a and b: f32 tf32 f16 bf16, summed in f32, or i8, summed in i32
  Type out = Type::kF32;   // of c: f32 f16 bf16, or i32 f32 for i8
  bool bias = false;       // a row (n) of f32 (i32 for i8) is added to every row of c

  Type sum_type() const { return type == Type::kI8 ? Type::kI32 : Type::kF32; }
  void check(const Limits& machine) const;  // throws InputError with every problem
};

// Parameters: a, b, [bias], c. Types that the machine's cube lacks throw InputError.
Program matmul(const Limits& machine, const MatmulShape& shape);

// In double. |error| <= gamma_{k+1} * |a| |b| (norms of the row of a and the column of b, which
// bound sum |a b|, plus |bias|) and the rounding of c; exact for i8.
Expected matmul_reference(const MatmulShape& shape, std::span<const double> a,
                          std::span<const double> b, std::span<const double> bias);

}  // namespace npu
