// Kernels over whole rows: every vector core works on a few parts of some rows by turns, so that
// none waits for the result that it has just asked for. Private to kernels/ops.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "isa/limits/limits.h"
#include "kernels/kit/kernel.h"

namespace npu::detail {

struct RowParts {
  int64_t parts = 1;  // of a core in a round
  int64_t rows = 1;   // of a part
  int depth = 2;      // slots of what a part loads
};

// For `rows` of `cols` elements, of which parts take that many bytes of UB, of `room`. A part is so
// long that an instruction on it outlasts the latency of one on another, and no longer: the less
// all cores have under way, the fewer rows of HBM's banks are open at a time.
RowParts choose_row_parts(const Limits& machine, int64_t rows, int64_t cols,
                          const std::function<int64_t(const RowParts&)>& bytes, int64_t room);

// What a part has at least: slots of x and of y and its rows in f32.
struct RowSlots {
  int64_t number = 0;
  Dim rows;
  Ring &x_ub, &y_ub;
  Tile wide;
};

// Of every part, for rows of x and y of that type.
std::vector<RowSlots> row_slots(Kernel& k, const RowParts& parts, Type type, const Extent& cols);

// Which rows are whose, and how they are loaded.
class RowDeal {
 public:
  RowDeal(Kernel& k, const RowParts& parts) : k_(k), parts_(parts) {}
  Int rounds(int64_t rows) const;                 // until all are dealt
  Int row(const Int& round, int64_t part) const;  // the first; behind the last where none is left
  // Those of x (rows x cols) from `row` on, to a slot. Where a part is one long row, every other
  // core begins with its second half, or all would ask the same channels of HBM at a time.
  void load(const Lease& to, const Tensor& x, const Int& row, int64_t cols,
            const LoadOptions& options = {}) const;

 private:
  Int core() const { return k_.group() * k_.vectors() + k_.vector(); }
  Int cores() const { return k_.groups() * k_.vectors(); }

  Kernel& k_;
  const RowParts parts_;
};

}  // namespace npu::detail
