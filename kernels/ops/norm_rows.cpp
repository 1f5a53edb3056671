#include "kernels/ops/norm_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu::detail {

namespace {

int64_t weight_bytes(const Limits& machine, const NormRows& s) {
  const int64_t cols = row_columns(s.cols);
  const bool converted = s.weights > 0 && s.weight_type != Type::kF32;  // through one slot
  return (converted ? padded_row(machine, cols, s.weight_type) : 0) +
         s.weights * padded_row(machine, cols, Type::kF32);
}

// One row: its slots, its copies in f32 and its sums.
int64_t row_bytes(const Limits& machine, const NormRows& s, int depth) {
  const int64_t cols = row_columns(s.cols);
  return 2 * depth * padded_row(machine, cols, s.type) +
         s.wide * padded_row(machine, cols, Type::kF32) + s.sums * bytes_of(Type::kF32);
}

int64_t room(const Limits& machine) { return static_cast<int64_t>(machine.ub) * 15 / 16; }

}  // namespace

bool NormRows::fits(const Limits& machine) const {
  return weight_bytes(machine, *this) + row_bytes(machine, *this, 1) <= room(machine);
}

void NormRows::check(const Limits& machine) const {
  ShapeCheck check(owner, machine);
  check.dimension("rows", rows);
  check.dimension("cols", cols);
  check.float_type("type", type);
  check.float_type("weight type", weight_type);
  check.require(eps >= 0, "eps must not be negative");
  check.done();
  check.require(fits(machine),
                fmt::format("a row of {} elements does not fit the {} bytes of UB of machine {}",
                            cols, machine.ub, machine.machine));
  check.done();
}

NormTiling norm_tiling(const Limits& machine, const NormRows& s) {
  const int64_t left = room(machine) - weight_bytes(machine, s);
  const auto fit = [&](int depth) { return left / row_bytes(machine, s, depth); };
  // Two rows with one slot each overlap more than one with two.
  const int depth = fit(2) >= std::min<int64_t>(fit(1), 2) ? 2 : 1;
  return {std::min(fit(depth), ceil_div(s.rows, vector_cores(machine))), depth};
}

WideRows::WideRows(Kernel& k, const std::vector<Tensor>& rows, const Extent& cols)
    : kernel_(k), rows_(rows) {
  if (rows.empty()) return;
  const Type type = rows.front().type().type();
  const bool converted = type != Type::kF32;
  for (size_t i = 0; i < (converted ? 1 : rows.size()); ++i)
    slots_.push_back(&k.ring("row_ub", Mem::kUb, type, {1, cols}, 1));
  for (size_t i = 0; converted && i < rows.size(); ++i)
    buffers_.push_back(k.buffer("wide_row", Type::kF32, {1, cols}));
}

void WideRows::hold(const Body& body) {
  std::vector<Tile> held = buffers_;
  for (size_t i = 0; i < buffers_.size(); ++i) {
    kernel_.load(slots_.front()->push(), rows_[i]);
    kernel_.vec.convert(buffers_[i], slots_.front()->pop());
  }
  hold_slots(held, body);
}

void WideRows::hold_slots(std::vector<Tile>& held, const Body& body) {
  const size_t i = held.size();
  if (i == rows_.size()) return body(held);
  kernel_.load(slots_[i]->push(), rows_[i]);
  kernel_.use(slots_[i]->pop(), [&](Tile row) {
    held.push_back(row);
    hold_slots(held, body);
  });
}

}  // namespace npu::detail
