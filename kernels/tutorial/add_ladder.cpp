#include "kernels/tutorial/add_ladder.h"

#include <functional>

#include "isa/errors.h"
#include "kernels/kit/kit.h"

namespace npu {

Program add_step(const Limits& machine, const AddStep& s) {
  using namespace types;  // NOLINT: element types by their short names
  if (s.count < 1 || s.tile < 1) throw InputError("add step: count and tile must be at least 1");
  Kernel k{"add_step", machine};
  const Dim cols = k.dim("cols", s.tile);
  const Tensor a = k.tensor("a", f16, {s.count}), b = k.tensor("b", f16, {s.count});
  const Tensor y = k.tensor("y", f16, {s.count});
  Ring& y_ub = k.ring("y_ub", Mem::kUb, f16, {1, cols}, s.slots);
  const LoadOptions hint{.hint = s.stream ? Hint::kStream : Hint::kKeep};

  std::function<void(const Int&)> sum;
  if (s.spread) {
    // Rings of their own: what is read together lies in different banks.
    Ring& a_ub = k.ring("a_ub", Mem::kUb, f16, {1, cols}, s.slots);
    Ring& b_ub = k.ring("b_ub", Mem::kUb, f16, {1, cols}, s.slots);
    sum = [&](const Int& i) {
      k.load(a_ub.push(), a.tile(0, i), hint);
      k.load(b_ub.push(), b.tile(0, i), hint);
      k.vec.add(y_ub.push(), a_ub.pop(), b_ub.pop());
    };
  } else {
    // One below the other: a row of a multiple of 512 bytes puts both in the same banks.
    Ring& both_ub = k.ring("both_ub", Mem::kUb, f16, {2, cols}, s.slots);
    sum = [&](const Int& i) {
      k.use(both_ub.push(), [&](Tile both) {
        k.load(both.row(0), a.tile(0, i), hint);
        k.load(both.row(1), b.tile(0, i), hint);
      });
      k.use(both_ub.pop(), [&](Tile both) { k.vec.add(y_ub.push(), both.row(0), both.row(1)); });
    };
  }
  const auto one_tile = [&](const Int& i) {
    cols.clip(s.count - i * s.tile);
    sum(i);
    k.store(y.tile(0, i), y_ub.pop());
  };
  const int64_t tiles = (s.count + s.tile - 1) / s.tile;
  if (s.alone) {
    k.tasks(1, [&](Int) { k.loop("tile", tiles, one_tile); }, {.per = Per::kVector});
  } else {
    k.tasks(tiles, one_tile, {.per = Per::kVector});
  }
  return k.finish();
}

}  // namespace npu
