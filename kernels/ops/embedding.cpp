#include "kernels/ops/embedding.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

void EmbeddingShape::check(const Limits& machine) const {
  detail::ShapeCheck check("embedding", machine);
  check.dimension("tokens", tokens);
  check.dimension("vocabulary", vocabulary);
  check.dimension("cols", cols);
  check.require(vocabulary < (int64_t{1} << 31), "vocabulary must fit the i32 ids");
  check.float_type("type", type);
  check.done();
}

// A task is the same piece of columns of some tokens: rows come by their ids and leave in order.
Program embedding(const Limits& machine, const EmbeddingShape& s) {
  s.check(machine);
  const int64_t most = static_cast<int64_t>(machine.ub) / 2 / (2 * bytes_of(s.type)) / 32 * 32;
  const int64_t piece = std::min(detail::row_columns(s.cols), most);
  const int64_t tile =
      detail::portion(machine, s.tokens, 2 * detail::padded_row(machine, piece, s.type));
  const int64_t pieces = detail::ceil_div(s.cols, piece);

  Kernel k{"embedding", machine};
  const Dim rows = k.dim("rows", tile), cols = k.dim("cols", piece);
  const Tensor table = k.tensor("table", s.type, {s.vocabulary, s.cols});
  const Tensor ids = k.tensor("ids", Type::kI32, {s.tokens});
  const Tensor y = k.tensor("y", s.type, {s.tokens, s.cols});
  Ring& row_ub = k.ring("row_ub", Mem::kUb, s.type, {rows, cols}, 2);

  const auto some_tokens = [&](Int task) {
    const auto [c, t] = k.split(task, pieces);
    rows.clip(s.tokens - t * tile);
    cols.clip(s.cols - c * piece);
    const Tensor part = table.cols(c * piece, cols);
    k.load(row_ub.push(), part.gather(ids.rows(t * tile, rows), rows));
    k.store(y.tile(t, c), row_ub.pop());
  };
  k.tasks(detail::ceil_div(s.tokens, tile) * pieces, some_tokens, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
