#include "kernels/kit/movement.h"

namespace npu::kit {

bool dense_column(const TileInfo& tile) {
  return tile.mem == Mem::kUb && tile.max_cols == 1 && tile.max_rows > 1 &&
         tile.pitch * 8 == bits_of(tile.type);
}

Extents extents(const Verb& verb, const TileInfo& tile, const GmMatrix& gm) {
  const Int rows = min(tile.rows, gm.rows), cols = min(tile.cols, gm.cols);
  if (!dense_column(tile)) return {rows, cols};
  if (!gm.one_run) {
    verb.fail("a column of UB is dense, but the column of tensor " + gm.name +
              " is not; move the rows and take col(i)");
  }
  return {1, rows};
}

const Lease* scaled_lease(const Recorder& recorder, const Src& src) {
  const Lease* lease = std::get_if<Lease>(&src.value());
  return lease != nullptr && recorder.rings[static_cast<size_t>(lease->ring)].block ? lease
                                                                                    : nullptr;
}

void mark_output(Verb& verb, int parameter) {
  if (parameter >= 0) verb.recorder.parameters[static_cast<size_t>(parameter)].output = true;
}

void need_rows(const Verb& verb, const GmMatrix& gm) {
  if (gm.tiled) verb.fail("tiled tensor " + gm.name + " is for load alone");
}

}  // namespace npu::kit
