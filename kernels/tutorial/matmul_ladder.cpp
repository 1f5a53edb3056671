#include "kernels/tutorial/matmul_ladder.h"

#include <fmt/format.h>

#include "isa/errors.h"
#include "kernels/kit/kit.h"

namespace npu {

namespace {

int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

void MatmulStep::check(const Limits& machine) const {
  for (const int64_t value : {m, n, k, base_m, base_n, base_k, packet, grid_m, grid_n}) {
    if (value < 1) throw InputError("matmul step: sizes, tiles and grid must be at least 1");
  }
  if (packet % base_k != 0) throw InputError("matmul step: packet must be a multiple of base_k");
  if (grid_m * grid_n > machine.groups) {
    throw InputError(
        fmt::format("matmul step: a grid of {} x {} needs more groups than the {} of {}", grid_m,
                    grid_n, machine.groups, machine.machine));
  }
}

// The groups stand in a grid over c; each makes the tiles of its block one after another.
Program matmul_step(const Limits& machine, const MatmulStep& s) {
  using namespace types;  // NOLINT: element types by their short names
  s.check(machine);
  Kernel k{"matmul_step", machine};
  const Dim rows = k.dim("rows", s.base_m), cols = k.dim("cols", s.base_n);
  const Dim depth = k.dim("depth", s.packet);
  const Tensor a = k.tensor("a", f16, {s.m, s.k}), b = k.tensor("b", f16, {s.n, s.k});
  const Tensor c = k.tensor("c", f16, {s.m, s.n});
  Ring& a_l1 = k.ring("a_l1", Mem::kL1, f16, {rows, depth}, s.packets);
  Ring& b_l1 = k.ring("b_l1", Mem::kL1, f16, {cols, depth}, s.packets);
  Ring& a_l0 = k.ring("a_l0", Mem::kL0A, f16, {rows, s.base_k}, s.overlap ? 2 : 1);
  Ring& b_l0 = k.ring("b_l0", Mem::kL0B, f16, {cols, s.base_k}, s.overlap ? 2 : 1);
  Ring& sums = k.ring("sums", Mem::kL0C, f32, {rows, cols}, 1);
  if (s.handover) sums.handover();

  const auto one_tile = [&](const Int& m, const Int& n) {
    rows.clip(s.m - m * s.base_m);
    cols.clip(s.n - n * s.base_n);
    k.use(sums.push(), [&](Tile sum) {
      k.tiles("packet", s.k, depth, [&](Int packet) {
        k.load(a_l1.push(), a.tile(m, packet));
        k.load(b_l1.push(), b.tile(n, packet));
        k.use(a_l1.pop(), b_l1.pop(), [&](Tile at, Tile bt) {
          k.loop("step", ceil_div(depth, s.base_k), [&](Int i) {
            k.feed(a_l0.push(), at.cols(i, s.base_k));
            k.feed(b_l0.push(), bt.cols(i, s.base_k).t());
            k.mma(sum, a_l0.pop(), b_l0.pop());
          });
        });
      });
    });
    k.drain(c.tile(m, n), sums.pop());
  };

  const int64_t tiles_m = ceil_div(s.m, s.base_m), tiles_n = ceil_div(s.n, s.base_n);
  const int64_t block_m = ceil_div(tiles_m, s.grid_m), block_n = ceil_div(tiles_n, s.grid_n);
  // Task t goes to group t mod groups: a turn of tasks is one tile of every block.
  k.tasks(s.grid_m * s.grid_n * block_m * block_n, [&](Int task) {
    const auto [cell_m, cell_n, turn_m, turn_n] = k.split(task, s.grid_m, s.grid_n, block_m);
    const Int m = cell_m * block_m + turn_m, n = cell_n * block_n + turn_n;
    k.when(m < tiles_m, [&] { k.when(n < tiles_n, [&] { one_tile(m, n); }); });
  });
  return k.finish();
}

}  // namespace npu
