#include <algorithm>

#include "sim/timing/core.h"
#include "sim/timing/units.h"

namespace npu {

GmUnit::GmUnit(Core& core, Unit unit, int depth, double bytes_per_cycle,
               const SustainedConfig& sustained)
    : UnitModel(core, unit, depth),
      port_(bytes_per_cycle, shared_.machine.memory.window_lines),
      batch_(static_cast<size_t>(shared_.machine.memory.lines_per_event)) {
  if (sustained.bytes_per_cycle <= 0) return;
  sustained_ = Rate(sustained.bytes_per_cycle);
  burst_ = std::max(
      Ticks{1}, ticks_of_cycles(static_cast<double>(sustained.burst) / sustained.bytes_per_cycle));
}

void GmUnit::restart() {
  port_.restart(core_.group_of_chip());
  level_ = free_ = pieces_ = 0;
}

bool GmUnit::next_batch(GmLines& lines) {
  if (lines.cost() == 0) piece_cost_ = 0;
  batch_size_ = lines.next(batch_);
  return batch_size_ > 0;
}

uint64_t GmUnit::batch_bytes() const {
  uint64_t bytes = 0;
  for (size_t i = 0; i < batch_size_; ++i) bytes += batch_[i].bytes;
  return bytes;
}

// The lines are asked for at the port's rate. What slows the unit beside its port moves the last
// line back by as much as it moves the next request.
Cycle GmUnit::request(const GmLines& lines, bool write, Hint hint) {
  const std::span<const LineRequest> batch(batch_.data(), batch_size_);
  const Ticks start = ticks_of(now());
  Ticks there = write ? shared_.memory.write(core_.chip(), port_, now(), batch)
                      : shared_.memory.read(core_.chip(), port_, now(), batch, hint);
  free_ = port_.request;
  if (lines.cost() > 0) {
    pieces_ = std::max(pieces_, start) + ticks_of_cycles(lines.cost() - piece_cost_);
    piece_cost_ = lines.cost();
    free_ = std::max(free_, pieces_);
  }
  if (burst_ > 0) {
    level_ = std::max(level_, start) + sustained_.of(batch_bytes());
    free_ = std::max(free_, level_ - std::min(level_, burst_));
  }
  there += free_ - port_.request;
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
