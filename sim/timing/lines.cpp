#include "sim/timing/lines.h"

#include <algorithm>
#include <bit>

namespace npu {

GmLines::GmLines(const Footprint& footprint, bool write, int line_shift, Pieces pieces)
    : footprint_(footprint), write_(write), shift_(line_shift), pieces_(pieces) {}

// What a row touches of one line, in whole sectors, falls into pieces aligned to their own size.
uint64_t GmLines::pieces_of(uint64_t begin, uint64_t end) const {
  constexpr uint64_t kSector = 32;
  const uint64_t line = uint64_t{1} << shift_;
  end = (end - (begin & ~(line - 1)) + kSector - 1) & ~(kSector - 1);
  begin &= line - 1 - (kSector - 1);
  uint64_t count = 0;
  for (uint64_t at = begin; at < end; ++count) {
    const uint64_t aligned = at == 0 ? line : at & (~at + 1);
    at += std::min(aligned, std::bit_floor(end - at));
  }
  return count;
}

void GmLines::charge(uint64_t stop) {
  if (pieces_.request <= 0) return;
  const bool whole = stop - at_ == uint64_t{1} << shift_;
  const double cost =
      std::max(static_cast<double>(whole ? 1 : pieces_of(at_, stop)) * pieces_.request,
               static_cast<double>(stop - at_) * pieces_.byte);
  cost_ += cost;
  row_left_ -= cost;
  if (stop == end_ && row_left_ > 0) cost_ += row_left_;
}

bool GmLines::next_run() {
  for (; region_ < footprint_.size(); ++region_, row_ = 0) {
    const Region& region = footprint_[region_];
    if (region.mem != Mem::kGm || region.write != write_ || region.row_bytes == 0) continue;
    if (row_ >= region.rows) continue;
    at_ = region.base + row_ * static_cast<uint64_t>(region.pitch);
    const bool packed =
        region.pitch == static_cast<int64_t>(region.row_bytes) && !pieces_.every_row;
    const uint64_t rows = packed ? region.rows - row_ : 1;
    end_ = at_ + rows * region.row_bytes;
    row_ += rows;
    row_left_ = region.rows > rows ? pieces_.row : 0;
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
    charge(stop);
    at_ = stop;
  }
}

}  // namespace npu
