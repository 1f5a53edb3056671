// Load, store and feed.
#include <algorithm>
#include <cmath>

#include "sim/timing/core.h"
#include "sim/timing/units.h"

namespace npu {
namespace {

uint64_t cycles_for(uint64_t bytes, double bytes_per_cycle) {
  return static_cast<uint64_t>(std::ceil(static_cast<double>(bytes) / bytes_per_cycle));
}

// Bytes that the footprint reads from or writes to one memory.
uint64_t bytes_in(const Footprint& footprint, Mem mem, bool write) {
  uint64_t bytes = 0;
  for (const Region& region : footprint) {
    if (region.mem == mem && region.write == write) bytes += region.bytes();
  }
  return bytes;
}

double load_rate(const Core& core, const LoadConfig& load) {
  return core.number() == 0 ? load.cube_bytes_per_cycle : load.vector_bytes_per_cycle;
}

// Whether a command's rows are named by a list that this unit's earlier commands may still load.
bool has_local_list(const Command& command) {
  const auto* rows = std::get_if<LoadRows<Value>>(&command);
  return rows != nullptr && rows->list_in != Mem::kGm;
}

}  // namespace

LoadUnit::LoadUnit(Core& core, int depth)
    : GmUnit(core, Unit::kLoad, depth, load_rate(core, core.shared().machine.load)) {}

Process LoadUnit::run() {
  const LoadConfig& cost = shared_.machine.load;
  for (;;) {
    co_await work();
    co_await flags();
    while (word_missing()) co_await word_changed();
    if (has_local_list(head()->command)) {
      working(Cause::kMemory);
      while (under_way()) co_await agent_.until(std::max(last_done(), now() + 1));
    }
    if (!begin()) continue;
    if (needs_footprint()) footprint_ = footprint(core_.place(), entry().command);
    if (is_foreign(false)) co_await foreign(false);
    if (shared_.free_costs) {
      retire_at(now() + 1);
      co_await agent_.cycles(1);
      continue;
    }
    co_await agent_.cycles(static_cast<uint64_t>(cost.head));
    const auto* load = std::get_if<Load<Value>>(&entry().command);
    const Hint hint = load != nullptr ? load->hint : Hint::kKeep;
    GmLines lines(footprint_, false, shared_.memory.line_shift());
    Cycle done = now();
    if (std::holds_alternative<Fill<Value>>(entry().command)) {
      const Mem to = std::get<Fill<Value>>(entry().command).to;
      done += cycles_for(bytes_in(footprint_, to, true), cost.fill_bytes_per_cycle);
      co_await agent_.until(done);
    }
    while (next_batch(lines)) {
      co_await agent_.until(port_free());
      working(Cause::kMemory);
      co_await agent_.until(room_at());
      working(Cause::kBusy);
      done = request(false, hint);
    }
    retire_at(done);
    co_await agent_.until(port_free());
  }
}

StoreUnit::StoreUnit(Core& core, int depth)
    : GmUnit(core, Unit::kStore, depth, core.shared().machine.store.gm_bytes_per_cycle) {}

Process StoreUnit::run() {
  const StoreConfig& cost = shared_.machine.store;
  for (;;) {
    co_await work();
    co_await flags();
    while (word_missing()) co_await word_changed();
    if (!begin()) continue;
    if (needs_footprint()) footprint_ = footprint(core_.place(), entry().command);
    if (is_foreign(true)) {
      co_await agent_.cycles(1);
      carry_out();
      co_await foreign(true);
    }
    if (shared_.free_costs) {
      retire_at(now() + 1);
      co_await agent_.cycles(1);
      continue;
    }
    co_await agent_.cycles(static_cast<uint64_t>(cost.head));
    GmLines lines(footprint_, true, shared_.memory.line_shift());
    Cycle done = now() + cycles_for(bytes_in(footprint_, Mem::kL1, true), cost.l1_bytes_per_cycle);
    co_await agent_.until(done);
    while (next_batch(lines)) {
      co_await agent_.until(port_free());
      working(Cause::kMemory);
      co_await agent_.until(room_at());
      working(Cause::kBusy);
      done = request(true, Hint::kKeep);
    }
    retire_at(done);
    co_await agent_.until(port_free());
  }
}

Process FeedUnit::run() {
  const FeedConfig& cost = shared_.machine.feed;
  for (;;) {
    co_await work();
    co_await flags();
    while (word_missing()) co_await word_changed();
    if (!begin()) continue;
    uint64_t taken = 1;
    if (!shared_.free_costs) {
      const Footprint bytes = footprint(core_.place(), entry().command);
      taken = static_cast<uint64_t>(cost.head) +
              cycles_for(bytes_in(bytes, Mem::kL0A, true), cost.l0a_bytes_per_cycle) +
              cycles_for(bytes_in(bytes, Mem::kL0B, true), cost.l0b_bytes_per_cycle) +
              cycles_for(bytes_in(bytes, Mem::kBias, true) + bytes_in(bytes, Mem::kTable, true),
                         cost.l0b_bytes_per_cycle);
    }
    const Cycle done = now() + taken;
    retire_at(done);
    co_await agent_.until(done);
  }
}

}  // namespace npu
