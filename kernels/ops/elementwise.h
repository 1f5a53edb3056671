// Operators that work element by element on whole tensors: the residual add and SwiGLU.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct ElementwiseShape {
  int64_t count = 0;       // elements, whatever the dimensions
  Type type = Type::kF32;  // f32 f16 bf16

  void check(const Limits& machine) const;  // throws InputError
};

// y = a + b. Parameters: a, b, y; y may be a or b.
Program residual_add(const Limits& machine, const ElementwiseShape& shape);

// y = gate / (1 + exp(-gate)) * up. Parameters: gate, up, y; y may be gate or up.
Program swiglu(const Limits& machine, const ElementwiseShape& shape);

// In double. One rounding of f32, then that of y.
Expected residual_add_reference(const ElementwiseShape& shape, std::span<const double> a,
                                std::span<const double> b);

// In double. 6 roundings of f32, the exponential's among them, then that of y.
Expected swiglu_reference(const ElementwiseShape& shape, std::span<const double> gate,
                          std::span<const double> up);

}  // namespace npu
