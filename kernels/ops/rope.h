// Rotary position embedding: every pair of channels of every head is turned by the angle of its
// token's position. The angles come as tables of cosines and sines.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct RopeShape {
  int64_t tokens = 0, heads = 0, head_dim = 0;  // head_dim is even
  int64_t positions = 0;                        // rows of the tables
  int64_t rope_dim = 0;      // channels at the end of a head that turn, even; 0: all
  bool interleaved = false;  // pairs are channels (2i, 2i + 1) of them; else (i, i + half)
  bool inverse = false;      // turns back
  Type type = Type::kF32;    // of x and y: f32 f16 bf16

  int64_t turned() const { return rope_dim > 0 ? rope_dim : head_dim; }
  int64_t half() const { return turned() / 2; }
  void check(const Limits& machine) const;  // throws InputError
};

// Parameters: x (tokens, heads * head_dim), cos and sin (positions, half) f32, y like x, position
// (int): of token 0. y may be x.
Program rope(const Limits& machine, const RopeShape& shape);

// In double. Three roundings of f32 on |x0 cos| + |x1 sin|, then the rounding of y.
Expected rope_reference(const RopeShape& shape, std::span<const double> x,
                        std::span<const double> cos, std::span<const double> sin, int64_t position);

// YaRN: low frequencies are divided by a factor, high ones stay, with a ramp between those that
// turn beta_slow and beta_fast times within the original context.
struct Yarn {
  double factor = 1, original_positions = 0, beta_fast = 32, beta_slow = 1;
  bool truncate = true;  // the ends of the ramp are whole numbers within the pairs
};

// The angle a position of each of dim / 2 pairs: theta^(-2i / dim), by YaRN if given. The tables of
// `rope` hold their cosines and sines, times the attention factor where a model has one.
std::vector<double> rope_frequencies(int64_t dim, double theta,
                                     const std::optional<Yarn>& yarn = std::nullopt);

}  // namespace npu
