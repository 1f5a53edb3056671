#include <algorithm>

#include "sim/timing/core.h"
#include "sim/timing/units.h"

namespace npu {
namespace {

// Whether two regions may share bytes, by their hulls.
bool meet(const Region& a, const Region& b) {
  if (a.mem != b.mem || a.core != b.core || a.rows == 0 || b.rows == 0) return false;
  const auto end = [](const Region& r) {
    return r.base + (r.rows - 1) * static_cast<uint64_t>(r.pitch) + r.row_bytes;
  };
  return a.base < end(b) && b.base < end(a);
}

}  // namespace

Cycle VectorUnit::sources_ready(const Footprint& footprint) const {
  Cycle ready = 0;
  for (const Result& result : results_) {
    for (const Region& region : footprint) {
      if (meet(result.region, region)) ready = std::max(ready, result.done);
    }
  }
  return ready;
}

void VectorUnit::remember(const Footprint& footprint, Cycle done) {
  results_.erase(std::remove_if(results_.begin(), results_.end(),
                                [&](const Result& result) { return result.done <= now(); }),
                 results_.end());
  for (const Region& region : footprint) {
    if (region.write) results_.push_back({region, done});
  }
}

// The head of an instruction has a part that takes the unit and a part during which an independent
// instruction may follow; one that needs an earlier result waits for it.
Process VectorUnit::run() {
  const VectorConfig& cost = shared_.machine.vector;
  for (;;) {
    co_await work();
    co_await flags();
    while (word_missing()) co_await word_changed();
    if (!begin()) continue;
    if (shared_.free_costs) {
      retire_at(now() + 1);
      co_await agent_.cycles(1);
      continue;
    }
    const Footprint bytes = footprint(core_.place(), entry().command);
    co_await agent_.until(sources_ready(bytes));
    const uint64_t cycles = vector_cycles(cost, entry().command);
    const Cycle free = now() + static_cast<uint64_t>(cost.head_overlapped) + cycles;
    const Cycle done = free + static_cast<uint64_t>(cost.head - cost.head_overlapped);
    remember(bytes, done);
    retire_at(done);
    co_await agent_.until(free);
  }
}

std::unique_ptr<UnitModel> make_unit(Core& core, Unit unit) {
  const int depth = core.shared().machine.queue.depth(unit);
  const bool cube = core.number() == 0;
  switch (unit) {
    case Unit::kLoad:
      return std::make_unique<LoadUnit>(core, depth);
    case Unit::kFeed:
      return cube ? std::make_unique<FeedUnit>(core, depth) : nullptr;
    case Unit::kCube:
      return cube ? std::make_unique<CubeUnit>(core, depth) : nullptr;
    case Unit::kDrain:
      return cube ? std::make_unique<DrainUnit>(core, depth) : nullptr;
    case Unit::kVector:
      return cube ? nullptr : std::make_unique<VectorUnit>(core, depth);
    case Unit::kStore:
      return cube ? nullptr : std::make_unique<StoreUnit>(core, depth);
    case Unit::kSequencer:
      return nullptr;
  }
  return nullptr;
}

}  // namespace npu
