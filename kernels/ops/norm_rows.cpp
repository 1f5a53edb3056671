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

// Slots, copies in f32 and sums.
int64_t part_bytes(const Limits& machine, const NormRows& s, const RowParts& p) {
  const int64_t cols = row_columns(s.cols);
  return p.parts * p.rows *
         ((p.depth + 1) * padded_row(machine, cols, s.type) +
          s.wide * padded_row(machine, cols, Type::kF32) + s.sums * bytes_of(Type::kF32));
}

int64_t room(const Limits& machine) { return static_cast<int64_t>(machine.ub) * 15 / 16; }

}  // namespace

bool NormRows::fits(const Limits& machine) const {
  return weight_bytes(machine, *this) + part_bytes(machine, *this, {.depth = 1}) <= room(machine);
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

RowParts norm_parts(const Limits& machine, const NormRows& s) {
  const auto bytes = [&](const RowParts& p) { return part_bytes(machine, s, p); };
  return choose_row_parts(machine, s.rows, s.cols, bytes, room(machine) - weight_bytes(machine, s));
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

// Cores that ask for the same lines at once fetch each of them anew, all from a few channels of
// HBM. So every core first fetches lines of its own, which the others then find in L2.
void WideRows::touch(const Tile& slot) {
  constexpr int64_t kLine = 512;  // bytes
  const int64_t cols = slot.max_cols(), cores = vector_cores(kernel_.machine());
  const int64_t lines = round_up(ceil_div(cols, cores), kLine / bytes_of(slot.type()));
  const int64_t mine = std::min(lines, cols);
  const Int core = kernel_.group() * kernel_.vectors() + kernel_.vector();
  const Int first = core % ceil_div(cols, mine) * mine;
  for (const Tensor& row : rows_)
    kernel_.load(slot.cols_from(first, mine), row.rows(first, min(mine, cols - first)));
}

void WideRows::hold(const std::function<void()>& meanwhile, const Body& body) {
  if (rows_.empty()) {
    meanwhile();
    return body({});
  }
  kernel_.use(slots_.front()->push(), [&](Tile slot) {
    touch(slot);
    meanwhile();
    kernel_.load(slot, rows_.front());
  });
  for (size_t i = 0; i < buffers_.size(); ++i) {
    if (i > 0) kernel_.load(slots_.front()->push(), rows_[i]);
    kernel_.vec.convert(buffers_[i], slots_.front()->pop());
  }
  if (!buffers_.empty()) return body(buffers_);
  for (size_t i = 1; i < slots_.size(); ++i) kernel_.load(slots_[i]->push(), rows_[i]);
  std::vector<Tile> held;
  hold_slots(held, body);
}

void WideRows::hold_slots(std::vector<Tile>& held, const Body& body) {
  const size_t i = held.size();
  if (i == slots_.size()) return body(held);
  kernel_.use(slots_[i]->pop(), [&](Tile row) {
    held.push_back(row);
    hold_slots(held, body);
  });
}

void norm_rounds(Kernel& k, WideRows& weights, const Int& rounds, const NormSteps& steps) {
  const auto start = [&] {
    steps.load(0);
    steps.start(0);
  };
  weights.hold(start, [&](const std::vector<Tile>& held) {
    if (steps.prepare) steps.prepare(held);
    k.loop("round", rounds, [&](Int round) {
      steps.load(round + 1);
      steps.finish(round, held);
      steps.begin(round + 1);
    });
  });
}

}  // namespace npu::detail
