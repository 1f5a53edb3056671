#include "sim/timing/lines.h"

#include <algorithm>

namespace npu {

GmLines::GmLines(const Footprint& footprint, bool write, int line_shift)
    : footprint_(footprint), write_(write), shift_(line_shift) {}

bool GmLines::next_run() {
  for (; region_ < footprint_.size(); ++region_, row_ = 0) {
    const Region& region = footprint_[region_];
    if (region.mem != Mem::kGm || region.write != write_ || region.row_bytes == 0) continue;
    if (row_ >= region.rows) continue;
    at_ = region.base + row_ * static_cast<uint64_t>(region.pitch);
    const bool packed = region.pitch == static_cast<int64_t>(region.row_bytes);
    const uint64_t rows = packed ? region.rows - row_ : 1;
    end_ = at_ + rows * region.row_bytes;
    row_ += rows;
    return true;
  }
  return false;
}

size_t GmLines::next(std::span<LineRequest> out) {
  size_t count = 0;
  for (;;) {
    if (at_ == end_ && !next_run()) return count;
    const uint64_t line = at_ >> shift_;
    const uint64_t stop = std::min(end_, (line + 1) << shift_);
    const auto bytes = static_cast<uint32_t>(stop - at_);
    if (count > 0 && out[count - 1].line == line && out[count - 1].bytes + bytes <= 1U << shift_) {
      out[count - 1].bytes += bytes;  // short rows of one line go together
    } else {
      if (count == out.size()) return count;
      out[count++] = {line, bytes};
    }
    at_ = stop;
  }
}

}  // namespace npu
