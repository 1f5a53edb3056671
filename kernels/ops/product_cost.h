// What a tiling costs a product, by a simple count of cycles.
#pragma once

#include <compare>
#include <cstdint>

#include "isa/limits/limits.h"
#include "kernels/ops/product_tiling.h"

namespace npu::detail {

inline int64_t bytes_of_row(const ElementType& type, int64_t cols) {
  return static_cast<int64_t>(bytes_of(type.type(), static_cast<size_t>(cols)));
}

// What a tile costs the whole product, in the order in which it counts.
struct ProductCost {
  double cycles = 0;  // the slower of the groups' work and of reading the operands from HBM once
  bool shares_lines = false;  // tiles side by side share lines of b's rows
  double groups = 0;          // cycles of the groups' work, of dealt copies each on its own
  friend auto operator<=>(const ProductCost&, const ProductCost&) = default;
};
ProductCost product_cost(const Limits& machine, const ProductShape& s, const ProductTiling& t);

// Groups that read the same rows in step wait for them at one slice of L2, and where L2 fetches
// again HBM brings them for each. Begun apart they want all of k at once instead, for which a
// product waits that HBM has little to do for, if it has few tiles a group or packets a tile. Tiles
// side by side read neighbouring parts of the rows of a b of (k, n), which HBM serves best
// together, and so do dealt ones of the next copy.
bool begins_apart(const Limits& machine, const ProductShape& s, const ProductTiling& t,
                  double cycles);

}  // namespace npu::detail
