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

// What rows cost a load: more where they become fractals.
GmLines::Pieces pieces_of(const LoadConfig& load, const Command& command) {
  Layout layout = Layout::kRow;
  if (const auto* rows = std::get_if<LoadRows<Value>>(&command)) layout = rows->layout;
  if (const auto* plain = std::get_if<Load<Value>>(&command)) layout = plain->layout;
  if (layout != Layout::kFractal) return {load.row, load.request, 0, false};
  const double rate = load.fractal_bytes_per_cycle;
  return {load.row, load.fractal_request, rate > 0 ? 1 / rate : 0, true};
}

// Whether a command's rows are named by a list that this unit's earlier commands may still load.
bool has_local_list(const Command& command) {
  const auto* rows = std::get_if<LoadRows<Value>>(&command);
  return rows != nullptr && rows->list_in != Mem::kGm;
}

}  // namespace

LoadUnit::LoadUnit(Core& core, int depth)
    : GmUnit(core, Unit::kLoad, depth, load_rate(core, core.shared().machine.load),
             core.number() == 0 ? core.shared().machine.load.cube_sustained
                                : core.shared().machine.load.vector_sustained) {}

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
    GmLines lines(footprint_, false, shared_.memory.line_shift(), pieces_of(cost, entry().command));
    const bool to_l1 = core_.number() == 0;
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
      done = request(lines, false, hint);
      if (to_l1) core_.l1_port().take_until(ticks_of(done), batch_bytes());
    }
    retire_at(done + (to_l1 ? 0 : static_cast<Cycle>(cost.vector_tail)));
    co_await agent_.until(port_free());
  }
}

StoreUnit::StoreUnit(Core& core, int depth)
    : GmUnit(core, Unit::kStore, depth, core.shared().machine.store.gm_bytes_per_cycle,
             core.shared().machine.store.gm_sustained) {}

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
    const uint64_t local = bytes_in(footprint_, Mem::kL1, true);
    Cycle done = now() + cycles_for(local, cost.l1_bytes_per_cycle);
    core_.l1_port().take_from(ticks_of(now()), local);
    co_await agent_.until(done);
    while (next_batch(lines)) {
      co_await agent_.until(port_free());
      working(Cause::kMemory);
      co_await agent_.until(room_at());
      working(Cause::kBusy);
      done = request(lines, true, Hint::kKeep) + static_cast<Cycle>(cost.tail);
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
    if (shared_.free_costs) {
      retire_at(now() + 1);
      co_await agent_.cycles(1);
      continue;
    }
    const Footprint bytes = footprint(core_.place(), entry().command);
    const uint64_t table = bytes_in(bytes, Mem::kBias, true) + bytes_in(bytes, Mem::kTable, true);
    const uint64_t work = cycles_for(bytes_in(bytes, Mem::kL0A, true), cost.l0a_bytes_per_cycle) +
                          cycles_for(bytes_in(bytes, Mem::kL0B, true), cost.l0b_bytes_per_cycle) +
                          cycles_for(table, cost.table_bytes_per_cycle);
    co_await agent_.cycles(static_cast<uint64_t>(table > 0 ? cost.table_head : cost.head));
    const Cycle done = cycle_after(core_.l1_port().finish(ticks_of(now()), ticks_of(work)));
    retire_at(done);
    co_await agent_.cycles(work);
    working(Cause::kPort);
    co_await agent_.until(done);
  }
}

}  // namespace npu
