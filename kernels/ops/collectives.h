// Collectives between the chips of a system: kernels like any other, that reach the GM of other
// chips by load and store. Every chip runs the same program on tensors that lie at the same place
// of each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/error_bound.h"

namespace npu {

struct CollectiveShape {
  int64_t chips = 1;
  int64_t count = 0;       // elements of the whole vector that the result is made of
  Type type = Type::kF32;  // f32 f16 bf16

  // Elements of a chip's part: the vector is cut into as many parts as there are chips, of which
  // the last may be shorter.
  int64_t part() const { return (count + chips - 1) / chips; }
  void check(std::string_view name, const Limits& machine) const;  // throws InputError
};

// How an all-reduce goes. With n chips and B bytes:
//   kOneShot  each chip loads all of every other's: one way there and back, B over each link
//   kDirect   each chip sums its part of all and stores it to all: 2 B / n over each link of a full
//             mesh, two ways
//   kRing     n - 1 steps that sum and n - 1 that copy, all with the neighbour alone: 2 B (n - 1) /
//             n over each link of a ring
enum class AllReduce : uint8_t { kOneShot, kDirect, kRing };

// y = sum of x over the chips, the same bits on all of them. The order of the additions is that of
// a ring of the chips, from a chip on that changes from tile to tile (kRing: from the part's chip
// on). Parameters: x {count}, y {count}; f32 inside, kRing rounds to the type at each step.
Program all_reduce(const Limits& machine, const CollectiveShape& shape, AllReduce algorithm);

// y = this chip's part of the sum of x. Parameters: x {chips * part}, y {part}.
Program reduce_scatter(const Limits& machine, const CollectiveShape& shape);

// y[c] = x of chip c. Parameters: x {part}, y {chips, part}.
Program all_gather(const Limits& machine, const CollectiveShape& shape);

// y[c] = x[this chip] of chip c. Parameters: x {chips, part}, y {chips, part}.
Program all_to_all(const Limits& machine, const CollectiveShape& shape);

// How a broadcast goes:
//   kStar     chip 0 stores everything to each: B over each of its links
//   kScatter  chip 0 stores to each its part, and that passes it on to all: 2 B / n
enum class Broadcast : uint8_t { kStar, kScatter };

// y = x of chip 0. Parameters: x {count}, y {count}.
Program broadcast(const Limits& machine, const CollectiveShape& shape, Broadcast algorithm);

// In double: the sum over the chips of row-major x {chips, count}, with the bound of so many
// additions in f32 and of the roundings to the type that the algorithm makes on the way.
Expected sum_reference(const CollectiveShape& shape, std::span<const double> x, int roundings);

}  // namespace npu
