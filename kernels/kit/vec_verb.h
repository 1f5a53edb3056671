// VecVerb: a vector verb while it is recorded. It settles the extent of the instruction and how
// each source is read over it: as a tile, a repeated row or column, one element, or a scalar.
#pragma once

#include <optional>
#include <vector>

#include "kernels/kit/scalar_bits.h"

namespace npu::kit {

class VecVerb {
 public:
  VecVerb(Recorder* recorder, const char* name, Where at) : verb(recorder, name, at) {}

  struct Source {
    npu::Source shape = npu::Source::kScalar;
    Int value;  // address or bits
    int64_t pitch = 0;
    Type type{};
  };

  // A tile of UB.
  TileInfo take(const Src& src, const char* role);
  // Sets the extent to that of `tile`.
  void extent_of(const TileInfo& tile);
  // A source of an elementwise verb; `type` is what its elements must be. Shrinks the extent.
  Source source(const Operand& operand, Type type);
  // Where everything is a dense column, the verb runs over one row instead. Call after all sources.
  void settle(const TileInfo& destination);

  Reg reg(const Source& source) { return verb.reg(source.value); }
  // Pitches are needed only for more than one row.
  Reg pitch_of(const Source& source);
  Reg pitch_of(const TileInfo& tile) { return one_row_ ? Reg{} : verb.reg(tile.pitch); }
  Reg rows_reg() { return verb.reg(rows); }
  Reg cols_reg() { return verb.reg(cols); }
  void wrote(const TileInfo& tile, const Int& r, const Int& c) { verb.wrote(tile, r, c); }
  // Sets what every instruction from `source` to `target` has, over r x c elements; pitches are
  // needed only where there can be more than one of `most_rows`.
  template <class I>
  void set(I& i, const TileInfo& target, const TileInfo& source, const Int& r, const Int& c,
           int64_t most_rows) {
    i.d = verb.reg(target.address);
    i.a = verb.reg(source.address);
    i.rows = verb.reg(r);
    i.cols = verb.reg(c);
    i.d_pitch = verb.pitch(target.pitch, most_rows);
    i.a_pitch = verb.pitch(source.pitch, most_rows);
  }
  // Elements of the tile are counted over all rows.
  void need_dense(const TileInfo& tile);
  void issue(const Instruction& instruction);

  Verb verb;
  Int rows, cols;

 private:
  int64_t max_rows_ = 0, max_cols_ = 0;
  bool all_dense_columns_ = true;
  bool one_row_ = false;
  std::vector<int> read_;  // memory objects of the sources that are read element by element
};

// True for a tile of one column without gaps.
bool is_dense_column(const TileInfo& tile);

}  // namespace npu::kit
