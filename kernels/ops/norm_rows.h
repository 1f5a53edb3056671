// What norms over rows share: their checks, and how many rows of a vector core's UB they work on at
// a time. Private to kernels/ops.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "isa/limits/limits.h"
#include "isa/types.h"
#include "kernels/kit/kernel.h"

namespace npu::detail {

struct NormRows {
  std::string_view owner;
  int64_t rows = 0, cols = 0;
  Type type{}, weight_type{};
  float eps = 0;
  int weights = 0;  // rows that stay in UB in f32
  int wide = 0;     // rows of f32 to one of x
  int sums = 0;     // of each row, in f32

  bool fits(const Limits& machine) const;   // one row
  void check(const Limits& machine) const;  // throws InputError
};

struct NormTiling {
  int64_t rows = 0;
  int depth = 0;  // slots of x and y
};

NormTiling norm_tiling(const Limits& machine, const NormRows& shape);

// Rows of one type and so many columns that stay in UB in f32 while a body runs.
class WideRows {
 public:
  using Body = std::function<void(const std::vector<Tile>&)>;
  WideRows(Kernel& k, const std::vector<Tensor>& rows, const Extent& cols);
  void hold(const Body& body);

 private:
  void hold_slots(std::vector<Tile>& held, const Body& body);

  Kernel& kernel_;
  std::vector<Tensor> rows_;
  std::vector<Ring*> slots_;   // one a row of f32, one for all of another type
  std::vector<Tile> buffers_;  // of rows of another type
};

}  // namespace npu::detail
