#include "kernels/kit/vec_verb.h"

namespace npu::kit {

bool is_dense_column(const TileInfo& tile) {
  return tile.max_cols == 1 && tile.pitch * 8 == bits_of(tile.type);
}

TileInfo VecVerb::take(const Src& src, const char* role) {
  TileInfo tile = verb.take(src);
  verb.need(tile, role, {Mem::kUb});
  if (tile.transposed) verb.fail("a transposed view is for feed; use vec.transpose");
  return tile;
}

void VecVerb::need_dense(const TileInfo& tile) {
  if (tile.max_rows > 1 && tile.pitch * 8 != tile.max_cols * bits_of(tile.type))
    verb.fail(tile.name + " has gaps between its rows");
}

void VecVerb::extent_of(const TileInfo& tile) {
  rows = tile.rows;
  cols = tile.cols;
  max_rows_ = tile.max_rows;
  max_cols_ = tile.max_cols;
  if (!is_dense_column(tile)) all_dense_columns_ = false;
}

VecVerb::Source VecVerb::source(const Operand& operand, Type type) {
  std::optional<Src> given;
  if (const Tile* tile = std::get_if<Tile>(&operand.value())) given = *tile;
  if (const Lease* lease = std::get_if<Lease>(&operand.value())) given = *lease;
  if (!given) return {npu::Source::kScalar, scalar_bits(verb, operand, type), 0, type};
  const TileInfo tile = take(*given, "the source");
  verb.need_same_type(tile.type, type);
  Source source{npu::Source::kTile, tile.address, tile.pitch, type};
  const bool one_row = tile.max_rows == 1 && max_rows_ > 1;
  const bool one_col = tile.max_cols == 1 && max_cols_ > 1;
  if (tile.max_rows == 1 && tile.max_cols == 1 && (one_row || one_col)) {
    source.shape = npu::Source::kOne;
    return source;
  }
  if (one_row) source.shape = npu::Source::kRow;
  if (one_col) source.shape = npu::Source::kColumn;
  if (!one_col) read_.push_back(verb.recorder.object_of(tile));
  if (!one_row) rows = min(rows, tile.rows);
  if (!one_col) cols = min(cols, tile.cols);
  if (!is_dense_column(tile) || one_row || one_col) all_dense_columns_ = false;
  return source;
}

void VecVerb::settle(const TileInfo& destination) {
  one_row_ = max_rows_ == 1;
  if (!all_dense_columns_ || !is_dense_column(destination) || max_rows_ == 1) return;
  cols = rows * cols;  // the one column may be empty now
  rows = 1;
  one_row_ = true;
}

Reg VecVerb::pitch_of(const Source& source) {
  const bool steps = source.shape == npu::Source::kTile || source.shape == npu::Source::kColumn;
  return steps && !one_row_ ? verb.reg(source.pitch) : Reg{};
}

void VecVerb::issue(const Instruction& instruction) {
  for (size_t i = 0; i < read_.size(); ++i) {
    for (size_t j = 0; j < i; ++j) verb.recorder.read_together.emplace_back(read_[i], read_[j]);
  }
  verb.issue(instruction, Core::kVector, Unit::kVector);
}

}  // namespace npu::kit
