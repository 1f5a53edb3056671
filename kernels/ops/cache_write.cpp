#include "kernels/ops/cache_write.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

void CacheWriteShape::check(const Limits& machine) const {
  detail::ShapeCheck check("cache_write", machine);
  check.dimension("rows", rows);
  check.dimension("capacity", capacity);
  check.dimension("cols", cols);
  check.type("type", type,
             {Type::kF32, Type::kF16, Type::kBf16, Type::kE4m3, Type::kI8, Type::kU8});
  check.done();
}

// A task is a piece of one row; its place is read from GM by the sequencer.
Program cache_write(const Limits& machine, const CacheWriteShape& s) {
  s.check(machine);
  const int64_t piece =
      std::min(s.cols, detail::row_portion(machine, s.rows * s.cols, 2 * bytes_of(s.type)));
  const int64_t pieces = detail::ceil_div(s.cols, piece);

  Kernel k{"cache_write", machine};
  const Dim cols = k.dim("cols", piece);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols});
  const Tensor places = k.tensor("places", Type::kI32, {s.rows});
  const Tensor cache = k.tensor("cache", s.type, {s.capacity, s.cols});
  Ring& row_ub = k.ring("row_ub", Mem::kUb, s.type, {1, cols}, 2);

  const auto one_piece = [&](Int task) {
    const auto [c, row] = k.split(task, pieces);
    const Int place = k.read(places.at(row));
    cols.clip(s.cols - c * piece);
    k.load(row_ub.push(), x.tile(row, c));
    k.store(cache.tile(place, c), row_ub.pop());
  };
  k.tasks(s.rows * pieces, one_piece, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
