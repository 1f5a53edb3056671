// What norms over rows share: their checks, and how many rows of a vector core's UB they work on at
// a time. Private to kernels/ops.
#pragma once

#include <cstdint>
#include <string_view>

#include "isa/limits/limits.h"
#include "isa/types.h"

namespace npu::detail {

struct NormRows {
  std::string_view owner;
  int64_t rows = 0, cols = 0;
  Type type{}, weight_type{};
  float eps = 0;
  int weights = 0;     // rows of weight_type that stay in UB, in f32
  int sums = 0;        // of each row, in f32
  bool folds = false;  // sums are folded in a buffer of their own

  void check(const Limits& machine) const;  // throws InputError
};

struct NormTiling {
  int64_t rows = 0;
  int depth = 0;  // slots of x and y
};

NormTiling norm_tiling(const Limits& machine, const NormRows& shape);

}  // namespace npu::detail
