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
#include "kernels/ops/row_parts.h"

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

RowParts norm_parts(const Limits& machine, const NormRows& shape);

// Rows of one type and so many columns that stay in UB in f32 while a body runs.
class WideRows {
 public:
  using Body = std::function<void(const std::vector<Tile>&)>;
  WideRows(Kernel& k, const std::vector<Tensor>& rows, const Extent& cols);
  // What `meanwhile` loads comes before the rows.
  void hold(const std::function<void()>& meanwhile, const Body& body);

 private:
  void touch(const Tile& slot);
  void hold_slots(std::vector<Tile>& held, const Body& body);

  Kernel& kernel_;
  std::vector<Tensor> rows_;
  std::vector<Ring*> slots_;   // one a row of f32, one for all of another type
  std::vector<Tile> buffers_;  // of rows of another type
};

// What is done with the parts of a round, each step with its own extents. `begin` takes what `load`
// has loaded and needs no weights; `start` is that of the first round, whose parts come one by one.
struct NormSteps {
  std::function<void(const Int&round)> load, start, begin;
  std::function<void(const std::vector<Tile>& weights)> prepare;  // once; may be empty
  std::function<void(const Int& round, const std::vector<Tile>& weights)> finish;
};

// All rounds, each loaded while the one before is worked on. The first begins before the weights
// have come; the one behind the last is empty.
void norm_rounds(Kernel& k, WideRows& weights, const Int& rounds, const NormSteps& steps);

}  // namespace npu::detail
