// The cube and what follows it: mma by native tiles, and drain, which may share a tile with it.
#include <algorithm>
#include <cmath>

#include "sim/timing/core.h"
#include "sim/timing/units.h"

namespace npu {
namespace {

struct MmaWork {
  uint64_t tiles_c = 0;    // native tiles of C
  uint64_t a_tile = 0;     // cycles of one of them over all of K
  Type type = Type::kF16;  // of A
  bool handover = false;
  bool overwrites = false;
  uint64_t cycles() const { return tiles_c * a_tile; }
};

// Of an extent, which 32 bits hold: hosts divide those faster.
uint32_t ceil_div(uint64_t a, uint32_t b) { return (static_cast<uint32_t>(a) + b - 1) / b; }

// Native tiles hold as much of k as the wider of the two types allows.
template <class C>
MmaWork work_of(const MachineConfig& machine, const Limits& limits, const C& mma, Type type_a,
                Type type_b) {
  MmaWork work;
  if (mma.m == 0 || mma.n == 0 || mma.k == 0) return work;
  const auto rows = static_cast<uint32_t>(limits.fractal_rows);
  const auto depth =
      static_cast<uint32_t>(std::min(limits.fractal_cols(type_a), limits.fractal_cols(type_b)));
  const auto& cycles = machine.cube.cycles;
  const int tile =
      std::max(cycles[static_cast<size_t>(type_a)], cycles[static_cast<size_t>(type_b)]);
  work.tiles_c = uint64_t{ceil_div(mma.m, rows)} * ceil_div(mma.n, rows);
  work.a_tile = uint64_t{ceil_div(mma.k, depth)} * static_cast<uint64_t>(tile);
  work.type = type_a;
  work.handover = mma.handover;
  work.overwrites = mma.accumulate == 0;
  return work;
}

MmaWork mma_work(const MachineConfig& machine, const Limits& limits, const Command& command) {
  if (const auto* mma = std::get_if<Mma<Value>>(&command)) {
    return work_of(machine, limits, *mma, mma->type, mma->type);
  }
  if (const auto* mma = std::get_if<MmaScaled<Value>>(&command)) {
    return work_of(machine, limits, *mma, mma->type_a, mma->type_b);
  }
  return {};
}

}  // namespace

void CubeUnit::retired(const Entry& entry) {
  if (entry.order == 0) return;
  core_.handover().retire(entry.order);
  core_.unit(Unit::kDrain)->handover_changed();
}

void CubeUnit::handover_changed() {
  if (!waiting_for_drain_) return;
  waiting_for_drain_ = false;
  agent_.wake();
}

Process CubeUnit::run() {
  const CubeConfig& cost = shared_.machine.cube;
  for (;;) {
    co_await work();
    co_await flags();
    while (word_missing()) co_await word_changed();
    if (!begin()) continue;
    const MmaWork mma = mma_work(shared_.machine, shared_.limits, entry().command);
    core_.count_mma(mma.type, mma.cycles());
    if (mma.cycles() == 0) {
      retire_at(now() + 1);
      co_await agent_.cycles(1);
      continue;
    }
    const auto startup = static_cast<uint64_t>(shared_.free_costs ? 0 : cost.startup);
    const uint64_t a_tile = shared_.free_costs ? 1 : mma.a_tile;
    const Ticks begin = ticks_of(now());
    const Ticks length = ticks_of(shared_.free_costs ? 1 : mma.cycles());
    const Cycle end = now() + (length >> kTickBits);
    Span span;
    if (mma.handover) {
      span = l0c_span(footprint(core_.place(), entry().command));
      entry().order = core_.handover().begin(true, span);
      const Cycle first = now() + startup + a_tile;
      if (first < end) {
        co_await agent_.until(first);
        set_early();
      }
    }
    co_await agent_.until(end);
    working(Cause::kPort);
    for (;;) {  // drain may take more of the port meanwhile
      const Cycle free = cycle_after(core_.l0c_port().finish(begin, length));
      if (free <= now()) break;
      co_await agent_.until(free);
    }
    working(Cause::kBusy);
    if (mma.handover && mma.overwrites && core_.handover().blocked(true, span, entry().order)) {
      working(Cause::kHandover);
      while (core_.handover().blocked(true, span, entry().order)) {
        waiting_for_drain_ = true;
        co_await agent_.sleep();
      }
      working(Cause::kBusy);
      co_await agent_.cycles(a_tile);
    }
    retire_at(now() + startup);
    co_await agent_.cycles(static_cast<uint64_t>(shared_.free_costs ? 0 : cost.gap));
  }
}

DrainUnit::DrainUnit(Core& core, int depth)
    : GmUnit(core, Unit::kDrain, depth, core.shared().machine.drain.gm_bytes_per_cycle,
             core.shared().machine.drain.gm_sustained) {}

void DrainUnit::retired(const Entry& entry) {
  if (entry.order == 0) return;
  core_.handover().retire(entry.order);
  core_.unit(Unit::kCube)->handover_changed();
}

void DrainUnit::handover_changed() {
  if (!waiting_for_cube_) return;
  waiting_for_cube_ = false;
  agent_.wake();
}

Process DrainUnit::run() {
  const DrainConfig& cost = shared_.machine.drain;
  const auto taken = [](uint64_t bytes, double bytes_per_cycle) {
    return static_cast<uint64_t>(std::ceil(static_cast<double>(bytes) / bytes_per_cycle));
  };
  for (;;) {
    co_await work();
    co_await flags();
    while (word_missing()) co_await word_changed();
    if (!begin()) continue;
    const auto& drain = std::get<Drain<Value>>(entry().command);
    footprint_ = footprint(core_.place(), entry().command);
    const Mem to = drain.to;
    uint64_t in = 0, out = 0;
    for (const Region& region : footprint_) {
      if (region.mem == Mem::kL0C) in += region.bytes();
      if (region.mem == to && region.write) out += region.bytes();
    }
    const auto rows = static_cast<uint64_t>(shared_.limits.fractal_rows);
    const bool free_costs = shared_.free_costs;
    const uint64_t head = free_costs ? 0 : static_cast<uint64_t>(cost.head);
    const uint64_t a_tile =
        free_costs ? 1 : taken(rows * rows * sizeof(float), cost.l0c_bytes_per_cycle);
    uint64_t busy = free_costs ? 1 : taken(in, cost.l0c_bytes_per_cycle);
    if (to != Mem::kGm && !free_costs) {
      busy = std::max(
          busy, taken(out, to == Mem::kL1 ? cost.l1_bytes_per_cycle : cost.ub_bytes_per_cycle));
    }
    if (to == Mem::kL1 && !free_costs) {
      core_.l1_port().take_from(ticks_of(now() + head), out);
    }
    const Cycle end = now() + head + busy;
    const bool handover = drain.handover && in > 0;
    Span span;
    if (handover) {
      span = l0c_span(footprint_);
      entry().order = core_.handover().begin(false, span);
      const Cycle first = now() + head + a_tile;
      if (first < end) {
        co_await agent_.until(first);
        set_early();
      }
    }
    Cycle done = end;
    const bool leaves_chip = is_foreign(true);
    uint64_t in_left = in;
    if (to == Mem::kGm && !free_costs && !leaves_chip) {
      GmLines lines(footprint_, true, shared_.memory.line_shift());
      while (next_batch(lines)) {
        co_await agent_.until(port_free());
        working(Cause::kMemory);
        co_await agent_.until(room_at());
        working(Cause::kBusy);
        done = std::max(done, request(lines, true, Hint::kKeep) + static_cast<Cycle>(cost.tail));
        const uint64_t read = std::min(in_left, batch_bytes() * in / out);
        core_.l0c_port().take_from(ticks_of(now()), read);
        in_left -= read;
      }
      co_await agent_.until(port_free());
    }
    if (!free_costs) core_.l0c_port().take_from(ticks_of(now()), in_left);
    co_await agent_.until(end);
    if (handover && core_.handover().blocked(false, span, entry().order)) {
      working(Cause::kHandover);
      while (core_.handover().blocked(false, span, entry().order)) {
        waiting_for_cube_ = true;
        co_await agent_.sleep();
      }
      working(Cause::kBusy);
      co_await agent_.cycles(a_tile);
      done = std::max(done, now());
    }
    if (leaves_chip) {
      carry_out();
      co_await foreign(true);
    }
    retire_at(done);
  }
}

}  // namespace npu
