// The sequencer's scalar accesses: ld, st, atomic and cache control.
#include <algorithm>
#include <cstring>

#include "sim/functional/execute.h"
#include "sim/functional/scalar.h"
#include "sim/functional/validate.h"
#include "sim/timing/core.h"

namespace npu {

Mem Sequencer::memory_of_access(const MicroOp& op) const {
  return op.op == ScalarOp::kAtomic ? Mem::kGm : static_cast<Mem>(op.mem);
}

Cycle Sequencer::memory_cycle(uint64_t address, uint32_t bytes, bool write) {
  const Cycle now = shared_.wheel.now();
  if (shared_.free_costs) return now + 1;
  return cycle_after(
      shared_.memory.access(core_.chip(), now, core_.group_of_chip(), address, bytes, write));
}

// What goes past the data cache, or through a line it lacks, comes after the core's own stores.
Cycle Sequencer::earliest_access(const MicroOp& op) {
  const Cycle now = shared_.wheel.now();
  if (op.op == ScalarOp::kSt) return now;
  if (op.op == ScalarOp::kLd) {
    const bool waits = memory_of_access(op) == Mem::kGm && cache_.find(address_of(op)) == nullptr;
    return waits ? std::max(now, stores_done_) : now;
  }
  return std::max(now, stores_done_);
}

bool Sequencer::can_access(const MicroOp& op) {
  const int bytes = op.op == ScalarOp::kAtomic ? 8 : bytes_of(static_cast<Width>(op.sub));
  const uint64_t address = address_of(op);
  const Mem mem = memory_of_access(op);
  if (auto fault = validate_scalar(core_.place(), mem, address, bytes)) {
    fault_here(fault->code, std::move(fault->detail));
    return false;
  }
  if (mem != Mem::kGm) return true;
  if (shared_.foreign != nullptr &&
      shared_.foreign->covers(address, static_cast<uint64_t>(bytes))) {
    fault_here(FaultCode::kMissingPath, "the sequencer has no path to memory outside the chip");
    return false;
  }
  if (op.op == ScalarOp::kAtomic && !shared_.gm.known(address)) {
    unknown_memory(address, "the word of an atomic");
    return false;
  }
  if (op.op == ScalarOp::kSt && (taint_ >> op.a & 1) != 0 && shared_.gm.known(address)) {
    unknown(op.a, "a store to control data");
    return false;
  }
  return true;
}

// Checks and books the access; the cycle at which finish_access has its turn.
Cycle Sequencer::begin_access(const MicroOp& op) {
  const Cycle now = shared_.wheel.now();
  const SequencerConfig& cost = shared_.machine.sequencer;
  const auto local_cost = [&](int cycles) {
    return now + (shared_.free_costs ? 1 : static_cast<uint64_t>(cycles));
  };
  if (op.op == ScalarOp::kCache) {
    const bool fetch = static_cast<Cache>(op.sub) == Cache::kPrefetch;
    if (!fetch || shared_.gm.find(address_of(op)) == nullptr) return now;
    return memory_cycle(DataCache::line_of(address_of(op)), DataCache::kLine, false);
  }
  if (!can_access(op)) return now;
  if (memory_of_access(op) == Mem::kUb) return local_cost(cost.ub_access);
  if (op.op == ScalarOp::kAtomic) return memory_cycle(address_of(op), sizeof(uint64_t), true);
  if (op.op == ScalarOp::kSt) {
    begin_store(op);
    return now;
  }
  if (cache_.find(address_of(op)) != nullptr) return local_cost(cost.cache_hit);
  return memory_cycle(DataCache::line_of(address_of(op)), DataCache::kLine, false);
}

void Sequencer::finish_access(const MicroOp& op) {
  switch (op.op) {
    case ScalarOp::kLd:
      finish_load(op);
      break;
    case ScalarOp::kAtomic:
      finish_atomic(op);
      break;
    case ScalarOp::kCache:
      finish_cache(op);
      break;
    default:
      break;
  }
  if (op.op != ScalarOp::kSt || memory_of_access(op) != Mem::kUb) return;
  const int bytes = bytes_of(static_cast<Width>(op.sub));
  announce(ScalarAccess::Kind::kStore, Mem::kUb, address_of(op), bytes, nullptr);
  const Place place = core_.place();
  if (!place.has_data()) return;
  LocalMemory& ub = memory_of(place.group, Mem::kUb, place.core);
  std::memcpy(ub.data() + address_of(op), &regs_[op.a], static_cast<size_t>(bytes));
  ub.mark_written(address_of(op), address_of(op) + static_cast<uint64_t>(bytes));
}

void Sequencer::fill_line(uint64_t address) {
  const Allocation* allocation = shared_.gm.find(address);
  DataCache::Line& line = cache_.take(address);
  line.fetched = shared_.wheel.now();
  line.known = shared_.gm.known(address);
  line.bytes.fill(std::byte{0});
  const uint64_t first = std::max(line.address, allocation->base);
  const uint64_t end = std::min(line.address + DataCache::kLine, allocation->end());
  shared_.gm.read(first, line.bytes.data() + (first - line.address), end - first);
}

void Sequencer::finish_load(const MicroOp& op) {
  const auto width = static_cast<Width>(op.sub);
  const auto bytes = static_cast<size_t>(bytes_of(width));
  const uint64_t address = address_of(op);
  uint64_t raw = 0;
  bool known = true;
  if (memory_of_access(op) == Mem::kUb) {
    const Place place = core_.place();
    known = place.has_data();
    if (known) {
      std::memcpy(&raw, memory_of(place.group, Mem::kUb, place.core).data() + address, bytes);
    }
    announce(ScalarAccess::Kind::kLoad, Mem::kUb, address, static_cast<int>(bytes), nullptr);
  } else {
    const bool hit = cache_.find(address) != nullptr;
    if (!hit) fill_line(address);
    const DataCache::Line& line = *cache_.find(address);
    known = line.known;
    std::memcpy(&raw, line.bytes.data() + (address - line.address), bytes);
    announce(ScalarAccess::Kind::kLoad, Mem::kGm, address, static_cast<int>(bytes),
             hit ? &line : nullptr);
  }
  if (op.d != 0) regs_[op.d] = extend(width, raw);
  set_taint(op.d, !known, memory_of_access(op) == Mem::kGm ? address : 0);
}

void Sequencer::begin_store(const MicroOp& op) {
  const uint64_t address = address_of(op);
  const int bytes = bytes_of(static_cast<Width>(op.sub));
  if (DataCache::Line* line = cache_.find(address)) {
    std::memcpy(line->bytes.data() + (address - line->address), &regs_[op.a],
                static_cast<size_t>(bytes));
  }
  stores_done_ = std::max(stores_done_, memory_cycle(address, static_cast<uint32_t>(bytes), true));
  stores_.push() = {stores_done_, address, regs_[op.a], bytes, pc_};
  if (!storing_) {
    storing_ = true;
    storer_.start(store_in_order(), stores_done_);
  } else if (storer_idle_) {
    storer_idle_ = false;
    storer_.wake(stores_done_);
  }
}

// Scalar stores become visible in L2 one by one.
Process Sequencer::store_in_order() {
  for (;;) {
    if (stores_.empty()) {
      storer_idle_ = true;
      co_await storer_.sleep();
    }
    co_await storer_.until(stores_.front().done);
    const PendingStore store = stores_.front();
    stores_.pop();
    if (shared_.observer != nullptr) {
      EventPlace place = event();
      place.pc = store.pc;
      shared_.observer->on_scalar(
          place, {ScalarAccess::Kind::kStore, Mem::kGm, store.address, store.bytes, false, 0});
    }
    shared_.gm.write(store.address, &store.value, static_cast<uint64_t>(store.bytes));
    core_.check_host_memory(Unit::kSequencer, store.pc, storer_.now());
    shared_.words.changed(store.address & ~uint64_t{7}, sizeof(uint64_t));
  }
}

void Sequencer::finish_atomic(const MicroOp& op) {
  const uint64_t address = address_of(op);
  announce(ScalarAccess::Kind::kAtomic, Mem::kGm, address, 8, nullptr);
  uint64_t old = 0;
  shared_.gm.read(address, &old, sizeof old);
  const uint64_t next = atomic_result(static_cast<AtomicOp>(op.sub), old, regs_[op.a], regs_[op.b]);
  shared_.gm.write(address, &next, sizeof next);
  core_.check_host_memory(Unit::kSequencer, pc_, agent_.now());
  if (op.d != 0) regs_[op.d] = old;
  set_taint(op.d, false, 0);
  shared_.words.changed(address, sizeof(uint64_t));
}

void Sequencer::finish_cache(const MicroOp& op) {
  const auto what = static_cast<Cache>(op.sub);
  const uint64_t address = address_of(op);
  if (what == Cache::kInvalidateLine) cache_.invalidate(address);
  if (what == Cache::kInvalidateAll) cache_.invalidate_all();
  if (what == Cache::kPrefetch && shared_.gm.find(address) != nullptr) fill_line(address);
  // NOTE: lines are never dirty, stores are written through: to clean is only to wait for them.
  if (shared_.observer != nullptr) {
    const bool all = what == Cache::kInvalidateAll;
    shared_.observer->on_cache(event(), what, all ? 0 : DataCache::line_of(address));
  }
}

void Sequencer::announce(ScalarAccess::Kind kind, Mem mem, uint64_t address, int bytes,
                         const DataCache::Line* line) {
  if (shared_.observer == nullptr) return;
  shared_.observer->on_scalar(
      event(), {kind, mem, address, bytes, line != nullptr, line != nullptr ? line->fetched : 0});
}

bool Sequencer::take_word() {
  const auto& wait = std::get<WaitWord<Value>>(sync_.command);
  uint64_t word = 0;
  shared_.gm.read(wait.address, &word, sizeof word);
  if (word < wait.count) return false;
  execute(core_.place(), sync_.command);
  if (shared_.observer != nullptr) {
    shared_.observer->on_word_take(event(), wait.address, wait.count);
  }
  return true;
}

void Sequencer::set_word() {
  const auto& set = std::get<SetWord<Value>>(sync_.command);
  execute(core_.place(), sync_.command);
  if (shared_.observer != nullptr) {
    shared_.observer->on_word_set(event(), set.address, set.count);
  }
  shared_.words.changed(set.address, sizeof(uint64_t));
}

}  // namespace npu
