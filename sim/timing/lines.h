// The GM side of a command as requests for L2 lines, in the order in which a unit makes them.
#pragma once

#include "sim/functional/footprint.h"
#include "sim/memory/memory.h"

namespace npu {

class GmLines {
 public:
  // Of the reads or of the writes of a footprint, which must outlive this.
  GmLines(const Footprint& footprint, bool write, int line_shift);

  // The next requests, at most out.size(); how many.
  size_t next(std::span<LineRequest> out);

 private:
  // Finds the next run of contiguous bytes; false at the end.
  bool next_run();

  const Footprint& footprint_;
  bool write_;
  int shift_;
  size_t region_ = 0;
  uint64_t row_ = 0;
  uint64_t at_ = 0, end_ = 0;  // of the present run
};

}  // namespace npu
