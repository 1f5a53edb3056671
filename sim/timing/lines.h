// The GM side of a command as requests for L2 lines, in the order in which a unit makes them.
#pragma once

#include "sim/functional/footprint.h"
#include "sim/memory/memory.h"

namespace npu {

class GmLines {
 public:
  // What rows cost a unit beside its port, in cycles: each row with a gap behind it at least `row`,
  // each piece of it `request` and each of its bytes `byte`, whichever is more. A piece is aligned
  // to its own size, a power of two from a sector to a line.
  struct Pieces {
    double row = 0, request = 0, byte = 0;
    bool every_row = false;  // rows are handled one by one even where no gap is between them
  };

  // Of the reads or of the writes of a footprint, which must outlive this.
  GmLines(const Footprint& footprint, bool write, int line_shift, Pieces pieces);
  GmLines(const Footprint& footprint, bool write, int line_shift)
      : GmLines(footprint, write, line_shift, Pieces()) {}

  // The next requests, at most out.size(); how many.
  size_t next(std::span<LineRequest> out);
  // The cycles that what has been asked for so far costs by its pieces.
  double cost() const { return cost_; }

 private:
  // Finds the next run of contiguous bytes; false at the end.
  bool next_run();
  uint64_t pieces_of(uint64_t begin, uint64_t end) const;
  // Adds the cost of the present run up to `stop`.
  void charge(uint64_t stop);

  const Footprint& footprint_;
  bool write_;
  int shift_;
  Pieces pieces_;
  double cost_ = 0, row_left_ = 0;
  size_t region_ = 0;
  uint64_t row_ = 0;
  uint64_t at_ = 0, end_ = 0;  // of the present run
};

}  // namespace npu
