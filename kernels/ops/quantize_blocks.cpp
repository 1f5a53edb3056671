#include <fmt/format.h>

#include "kernels/kit/kit.h"
#include "kernels/ops/quantize.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

constexpr int64_t kStrip = 16;  // rows of a block that are loaded, and stored, at a time

int64_t block_bytes(const Limits& machine, const QuantizeShape& s) {
  const int64_t width = s.width(), slot = detail::padded_row(machine, width, s.type) +
                                          detail::padded_row(machine, width, s.code);
  return s.block_rows * width * 4 + 2 * kStrip * slot + width * 4 + 6 * machine.ub_align;
}

}  // namespace

// A task is a block, which stays in UB in f32 until its scale is known.
Program quantize_blocks(const Limits& machine, const QuantizeShape& s) {
  s.check(machine);
  detail::ShapeCheck check("quantize", machine);
  check.require(s.block_rows % kStrip == 0,
                fmt::format("block_rows must be 1 or a multiple of {}", kStrip));
  check.require(block_bytes(machine, s) <= static_cast<int64_t>(machine.ub),
                fmt::format("a block of {} x {} does not fit the {} bytes of UB of machine {}",
                            s.block_rows, s.width(), machine.ub, machine.machine));
  check.done();
  const int64_t width = s.width();

  Kernel k{"quantize", machine};
  Vec& v = k.vec;
  const Dim height = k.dim("height", s.block_rows), rows = k.dim("rows", kStrip),
            cols = k.dim("cols", width);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols});
  const Tensor codes = k.tensor("codes", s.code, {s.rows, s.cols});
  const Tensor scales = k.tensor("scales", s.scale, {s.blocks(), s.groups()});
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {rows, cols}, 2);
  Ring& codes_ub = k.ring("codes_ub", Mem::kUb, s.code, {rows, cols}, 2);
  Ring& scale_ub = k.ring("scale_ub", Mem::kUb, s.scale, {1, 1}, 1);
  const Tile block = k.buffer("block", Type::kF32, {height, cols});
  const Tile tops = k.buffer("tops", Type::kF32, {s.block_rows, 1});
  const Tile scale = k.buffer("scale", Type::kF32, {1, 1});
  const Tile rounded = k.buffer("rounded", s.scale, {1, 1});

  const auto strips = [&](const Int& first, const auto& body) {
    k.tiles("strip", min(s.block_rows, s.rows - first), rows,
            [&](Int i) { body(first + i * kStrip, block.rows(i, kStrip).clipped(rows, cols)); });
  };
  k.tasks(s.blocks() * s.groups(),
          [&](Int task) {
            const auto [group_of, block_of] = k.split(task, s.groups());
            const Int group = group_of, number = block_of;  // NOTE: clang 14 captures no binding
            const Int first = number * s.block_rows, col = group * width;
            height.clip(s.rows - first);
            cols.clip(s.cols - col);
            strips(first, [&](const Int& row, const Tile& strip) {
              k.load(x_ub.push(), x.from(row, col));
              v.convert(strip, x_ub.pop());
            });
            const Tile mine = tops.clipped(height, 1);
            v.row_absmax(mine, block);
            v.col_max(scale, mine);
            v.max(scale, scale, s.floor());
            v.div(scale, scale, s.largest());
            v.convert(rounded, scale, {.round = RoundMode::kCeil});
            v.convert(scale, rounded);
            v.div(block, block, scale);  // exact where the scale is a power of two
            strips(first, [&](const Int& row, const Tile& strip) {
              v.convert(codes_ub.push(), strip);
              k.store(codes.from(row, col), codes_ub.pop());
            });
            v.copy(scale_ub.push(), rounded);
            k.store(scales.from(number, group), scale_ub.pop());
          },
          {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
