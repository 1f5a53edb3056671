#include <algorithm>

#include "sim/timing/core.h"
#include "sim/timing/units.h"

namespace npu {

GmUnit::GmUnit(Core& core, Unit unit, int depth, double bytes_per_cycle)
    : UnitModel(core, unit, depth),
      port_(bytes_per_cycle, shared_.machine.memory.window_lines),
      batch_(static_cast<size_t>(shared_.machine.memory.lines_per_event)) {}

bool GmUnit::next_batch(GmLines& lines) {
  batch_size_ = lines.next(batch_);
  return batch_size_ > 0;
}

Cycle GmUnit::request(bool write, Hint hint) {
  const std::span<const LineRequest> lines(batch_.data(), batch_size_);
  const Ticks there = write ? shared_.memory.write(port_, now(), lines)
                            : shared_.memory.read(port_, now(), lines, hint);
  return cycle_after(there);
}

bool GmUnit::is_foreign(bool write) const {
  if (shared_.foreign == nullptr) return false;
  return std::any_of(footprint_.begin(), footprint_.end(), [&](const Region& region) {
    return region.mem == Mem::kGm && region.write == write &&
           shared_.foreign->covers(region.base, region.row_bytes);
  });
}

void GmUnit::ForeignAwait::await_suspend(std::coroutine_handle<> process) const {
  unit.working(Cause::kMemory);
  unit.agent_.fall_asleep(process);
  unit.start_foreign(write);
}

// One transfer a row. The bytes pass through GM's shadow of the range, where execute() works.
void GmUnit::start_foreign(bool write) {
  foreign_left_ = 1;
  const auto one_done = [this] {
    if (--foreign_left_ == 0) agent_.wake();
  };
  for (const Region& region : footprint_) {
    if (region.mem != Mem::kGm || region.write != write) continue;
    for (uint64_t row = 0; row < region.rows; ++row) {
      const uint64_t address = region.base + row * static_cast<uint64_t>(region.pitch);
      ++foreign_left_;
      shared_.foreign->access(
          write, address, {shared_.gm.row_for_write(address, region.row_bytes), region.row_bytes},
          one_done);
    }
  }
  --foreign_left_;
  if (foreign_left_ == 0) agent_.wake();
}

}  // namespace npu
