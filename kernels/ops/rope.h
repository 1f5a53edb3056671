// Rotary position embedding: every pair of channels of every head is turned by the angle of its
// token's position. The angles come as tables of cosines and sines.
#pragma once

#include <cstdint>
#include <span>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct RopeShape {
  int64_t tokens = 0, heads = 0, head_dim = 0;  // head_dim is even
  int64_t positions = 0;                        // rows of the tables
  bool interleaved = false;  // pairs are channels (2i, 2i + 1); else (i, i + head_dim / 2)
  Type type = Type::kF32;    // of x and y: f32 f16 bf16

  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: x (tokens, heads * head_dim), cos and sin (positions, head_dim / 2) f32, y like x,
// position (int): of token 0. y may be x.
Program rope(const Limits& machine, const RopeShape& shape);

// In double. Three roundings of f32 on |x0 cos| + |x1 sin|, then the rounding of y.
Expected rope_reference(const RopeShape& shape, std::span<const double> x,
                        std::span<const double> cos, std::span<const double> sin, int64_t position);

}  // namespace npu
