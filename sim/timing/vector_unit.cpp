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
      if (!region.write && meet(result.region, region)) ready = std::max(ready, result.done);
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

// An independent instruction follows as soon as the unit has taken the last step of the one before;
// one that reads an earlier result waits for it. One that only overwrites it does not: results come
// in order.
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
    working(Cause::kResult);
    co_await agent_.until(sources_ready(bytes));
    working(Cause::kBusy);
    const VectorCost taken = vector_cost(cost, entry().command);
    const Cycle work = now() + std::max(taken.work, static_cast<uint64_t>(cost.issue));
    const Cycle free = std::max(work, now() + taken.work + taken.bank);
    const Cycle done = now() + taken.work + taken.bank + static_cast<uint64_t>(cost.head);
    remember(bytes, done);
    retire_at(done);
    co_await agent_.until(work);
    working(Cause::kBank);
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
