// The activation of an expert: clamped SwiGLU, times the token's route weight.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct SwigluClampShape {
  int64_t rows = 0, cols = 0;  // of y
  float limit = 0;             // of gate from above and of up on both sides; 0: none
  bool route = false;          // times route[row]
  bool packed = false;         // gate and up are one tensor (rows, 2 cols), gate first
  bool pairs = false;          // as packed, but alternating columns, with gpt-oss' formula
  Type type = Type::kF32;      // of gate, up and y: f32 f16 bf16

  void check(const Limits& machine) const;  // throws InputError
};

// y = gate / (1 + exp(-gate)) * up * route; of pairs: gate / (1 + exp(-1.702 gate)) * (up + 1).
// Parameters: gate and up (rows, cols), or gate_up (rows, 2 cols), [route (rows) f32], y (rows,
// cols).
Program swiglu_clamp(const Limits& machine, const SwigluClampShape& shape);

// In double. Nine roundings of f32, one of which exp turns into |gate| times as much, then the
// rounding of y.
Expected swiglu_clamp_reference(const SwigluClampShape& shape, std::span<const double> gate,
                                std::span<const double> up, std::span<const double> route);

}  // namespace npu
