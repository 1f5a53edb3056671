// Tokens to the chips of their experts and back, for a mixture whose experts are dealt to the chips
// in order: expert e is on chip e / (experts / chips).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

// What goes over the links:
//   kNormal      a row for each chip that has one of the token's experts, back the sum of what
//                these gave: few bytes, but the other chip must spread and add
//   kLowLatency  a row for each expert, in the order of the experts as a grouped product takes
//                them, back a row of each: no step between the exchange and the product
enum class MoeExchange : uint8_t { kNormal, kLowLatency };

struct MoeExchangeShape {
  int64_t chips = 1;
  int64_t tokens = 0, dim = 0;  // of each chip
  int64_t experts = 0;          // of all chips, a multiple of them
  int64_t top_k = 1;            // experts of a token, all different, at most 16
  Type type = Type::kF16;       // of the rows; of dispatch f16 bf16 e4m3, of combine f32 f16 bf16
  MoeExchange mode = MoeExchange::kNormal;

  bool low_latency() const { return mode == MoeExchange::kLowLatency; }
  bool scaled() const { return type == Type::kE4m3; }
  int64_t here() const { return experts / chips; }  // experts of a chip
  // Rows that a chip keeps for each chip: row t for its token t, or for its pair of that place.
  int64_t slots() const { return low_latency() ? tokens * top_k : tokens; }
  // What each chip tells all others of its routing: its `chosen`, or its `counts`.
  int64_t told() const { return low_latency() ? experts : tokens * top_k; }
  int64_t scale_blocks() const { return (dim + 127) / 128; }
  void check_dispatch(const Limits& machine) const;  // throws InputError
  void check_combine(const Limits& machine) const;
};

// y[from, slot] on the chip of the expert = the row of each token of chip `from` that has one
// there; other rows stay. told[from] = the routing of chip `from`, on all chips. Parameters: x
// (tokens, dim), [x_scale (tokens, scale_blocks) e8m0], chosen (tokens, top_k) i32, [low latency:
// counts (experts) i32, places (top_k, tokens) i32, as permute gives them], told (chips, told) i32,
// y (chips, slots, dim), [y_scale (chips, slots, scale_blocks)].
Program moe_dispatch(const Limits& machine, const MoeExchangeShape& shape);

// y[t] = the sum over the chips that have an expert of t of their x[this chip, t], in the order of
// the chips; with low latency the sum over i of weights[t, i] x[this chip, places[i, t]] on the
// chip of expert chosen[t, i]. Parameters: x (chips, slots, dim), chosen, [low latency: places,
// weights (tokens, top_k) f32], y (tokens, dim).
Program moe_combine(const Limits& machine, const MoeExchangeShape& shape);

// All chips' routing and rows, one chip after the other.
struct MoeRouting {
  std::span<const double> chosen, places;
};

// What dispatch leaves of rows of `cols` elements, exact; `y` is what was there before.
Expected moe_dispatch_reference(const MoeExchangeShape& shape, int64_t cols,
                                const MoeRouting& routing, std::span<const double> x,
                                std::span<const double> y);
// In double: a rounding of f32 for each row that is added and one for its weight, then that of y.
Expected moe_combine_reference(const MoeExchangeShape& shape, const MoeRouting& routing,
                               std::span<const double> x, std::span<const double> weights);

}  // namespace npu
