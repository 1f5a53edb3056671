#include "sim/timing/sequencer.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "isa/chip_address.h"
#include "sim/functional/execute.h"
#include "sim/functional/scalar.h"
#include "sim/timing/core.h"

namespace npu {

Sequencer::Sequencer(Core& core)
    : core_(core),
      shared_(core.shared()),
      agent_(shared_.wheel, core.key(kSequencerPriority, 0)),
      storer_(shared_.wheel, core.key(kRetirePriority, kStoreSlot)),
      cache_(shared_.machine.sequencer.data_cache),
      code_cache_(shared_.machine.sequencer),
      width_(static_cast<uint64_t>(shared_.machine.sequencer.instructions_per_cycle)) {}

void Sequencer::start(const Code& code, uint64_t control_block) {
  code_ = &code;
  regs_.fill(0);
  regs_[1] = control_block;
  taint_ = 0;
  pc_ = 0;
  slot_ = executed_ = seen_ = 0;
  alone_ = 0;
  endless_ = false;
  calls_.clear();
  fault_.reset();
  stores_.clear();
  stores_done_ = 0;
  storing_ = storer_idle_ = false;
  waiting_ = Waiting::kNothing;
  cache_.invalidate_all();
  code_cache_.invalidate_all();
  line_first_ = line_size_ = 0;
  branch_slots_ =
      shared_.free_costs ? 0 : static_cast<uint64_t>(shared_.machine.sequencer.branch) * width_;
  clock_.start(Cause::kBusy);
  agent_.start(run(), 0);
}

EventPlace Sequencer::event() const {
  return {shared_.wheel.now(), core_.group(), core_.number(), Unit::kSequencer, pc_, 0};
}

bool Sequencer::units_idle(Unit unit) const {
  return unit == Unit::kSequencer ? core_.units_idle() : core_.unit(unit)->idle();
}

void Sequencer::unit_moved(Unit unit) {
  const bool space = waiting_ == Waiting::kQueue && unit == waiting_unit_;
  const bool idle = waiting_ == Waiting::kIdle && units_idle(waiting_unit_);
  if (!space && !idle) return;
  waiting_ = Waiting::kNothing;
  agent_.wake();
}

void Sequencer::flag_changed() {
  if (waiting_ != Waiting::kFlag || !core_.flags().try_take(waiting_flags_)) return;
  core_.flags().forget(Unit::kSequencer, waiting_flags_);
  waiting_ = Waiting::kNothing;
  agent_.wake();
}

bool Sequencer::enter_line() {
  const bool there = shared_.free_costs || code_cache_.holds(pc_);
  if (!there) return false;
  line_size_ = shared_.free_costs ? ~uint32_t{0} : code_cache_.line();
  line_first_ = pc_ - pc_ % line_size_;
  return true;
}

// Code lies behind the chip's memory, a place for each kind of core.
Cycle Sequencer::fetch() {
  constexpr uint64_t kPlace = uint64_t{1} << 32;
  constexpr uint64_t kWord = InstructionCache::kInstructionBytes;
  const uint64_t chip = static_cast<uint64_t>(core_.chip()) << kChipShift;
  const uint64_t code = chip + shared_.limits.gm + (core_.number() == 0 ? 0 : kPlace);
  const uint64_t begin = code + (pc_ - pc_ % code_cache_.line()) * kWord;
  const uint64_t end = begin + code_cache_.line() * kWord;
  const auto line = static_cast<uint64_t>(shared_.memory.line_bytes());
  Cycle there = 0;
  for (uint64_t at = begin; at < end; at += line) {
    const auto bytes = static_cast<uint32_t>(std::min(line, end - at));
    there = std::max(there, memory_cycle(at, bytes, false));
  }
  code_cache_.fill(pc_);
  return there;
}

bool Sequencer::QueueSpace::await_ready() const {
  return !sequencer.core_.unit(sequencer.waiting_unit_)->full();
}

void Sequencer::QueueSpace::await_suspend(std::coroutine_handle<> process) const {
  sequencer.clock_.change(sequencer.local(), Cause::kQueueFull);
  sequencer.waiting_ = Waiting::kQueue;
  sequencer.agent_.fall_asleep(process);
}

bool Sequencer::UnitsIdle::await_ready() const { return sequencer.units_idle(unit); }

void Sequencer::UnitsIdle::await_suspend(std::coroutine_handle<> process) const {
  sequencer.clock_.change(sequencer.local(), Cause::kAwait);
  sequencer.waiting_ = Waiting::kIdle;
  sequencer.waiting_unit_ = unit;
  sequencer.agent_.fall_asleep(process);
}

bool Sequencer::FlagTaken::await_ready() const {
  return sequencer.core_.flags().try_take(sequencer.waiting_flags_);
}

void Sequencer::FlagTaken::await_suspend(std::coroutine_handle<> process) const {
  sequencer.clock_.change(sequencer.local(), Cause::kFlag);
  sequencer.core_.flags().wait(Unit::kSequencer, sequencer.waiting_flags_);
  sequencer.waiting_ = Waiting::kFlag;
  sequencer.agent_.fall_asleep(process);
}

// After a wait: own time is at least the wheel's, and the sequencer works again.
void Sequencer::go_on() {
  advance_to(shared_.wheel.now());
  clock_.change(local(), Cause::kBusy);
}

void Sequencer::BarrierOpen::await_suspend(std::coroutine_handle<> process) const {
  Sequencer& s = sequencer;
  GridBarrier& barrier = s.shared_.barrier;
  s.waiting_ = Waiting::kBarrier;
  s.agent_.fall_asleep(process);
  barrier.arrived.push_back(&s.agent_);
  if (barrier.arrived.size() < barrier.expected) return;
  // Between chips the last arrival and the release each have a way to go.
  const uint64_t latency = s.shared_.free_costs
                               ? 1
                               : static_cast<uint64_t>(s.shared_.machine.sync.barrier) +
                                     2 * s.shared_.memory.longest_way_cycles();
  for (Agent* agent : barrier.arrived) agent->wake(s.agent_.now() + latency);
  barrier.arrived.clear();
}

Process Sequencer::run() {
  for (;;) {
    const Stop stop = interpret();
    if (stop == Stop::kQueueFull) {
      co_await QueueSpace{*this};
      go_on();
      continue;
    }
    if (stop == Stop::kFetch) {
      clock_.change(local(), Cause::kFetch);
      co_await agent_.until(local());
      co_await agent_.until(fetch());
      go_on();
      continue;
    }
    if (stop == Stop::kBatch) {
      co_await agent_.until(local());
      constexpr int kSuspicious = 64;
      if (++alone_ < kSuspicious || taint_ != 0) continue;
      alone_ = 0;
      if (!repeats_itself()) continue;
      endless_ = true;
      co_await agent_.until(shared_.max_cycles + 1);
    }
    alone_ = 0;
    co_await agent_.until(local());
    const MicroOp op = code_->ops[pc_];
    if (stop == Stop::kMeet && operands_known(op)) {
      switch (op.op) {
        case ScalarOp::kFlag:
          co_await synchronise();
          break;
        case ScalarOp::kAwait:
          co_await finish_everything(static_cast<Unit>(op.sub));
          break;
        case ScalarOp::kBarrier:
          co_await meet_at_barrier();
          break;
        case ScalarOp::kPrint:
          print(op);
          break;
        case ScalarOp::kTrap:
          fault_here(FaultCode::kTrap, text_of(op));
          break;
        case ScalarOp::kHalt:
          break;
        default:
          co_await access_memory(op);
      }
    }
    if (fault_) {
      core_.raise(std::move(*fault_), Unit::kSequencer, pc_, std::max(local(), agent_.now()));
      co_await agent_.sleep();
    }
    executed();
    if (op.op == ScalarOp::kHalt) break;
    go_on();
  }
  co_await UnitsIdle{*this, Unit::kSequencer};
  co_await agent_.until(stores_done_);
  if (shared_.observer != nullptr) shared_.observer->on_halt(event());
  core_.halt();
}

// await: the units, and for all of them the scalar stores too.
Task Sequencer::finish_everything(Unit unit) {
  co_await UnitsIdle{*this, unit};
  if (unit == Unit::kSequencer) co_await agent_.until(stores_done_);
  if (shared_.observer != nullptr) shared_.observer->on_await(event(), unit);
}

Task Sequencer::meet_at_barrier() {
  co_await UnitsIdle{*this, Unit::kSequencer};
  co_await agent_.until(stores_done_);
  clock_.change(std::max(local(), agent_.now()), Cause::kBarrier);
  if (shared_.observer != nullptr) shared_.observer->on_barrier_arrive(event());
  co_await BarrierOpen{*this};
  if (shared_.observer != nullptr) shared_.observer->on_barrier_leave(event());
}

// set, wait, setw and waitw of the sequencer itself.
Task Sequencer::synchronise() {
  clock_.change(local(), Cause::kMemory);
  co_await agent_.until(stores_done_);
  sync_ = {};
  sync_.command = issue(code_->instructions[pc_], regs_);
  sync_.kind = code_->facts[pc_].kind;
  if (fill_sync(sync_) || check_flags(sync_.waits[0], sync_.sets[0])) co_return;
  if (sync_.kind == Entry::Kind::kWaitWord) {
    clock_.change(std::max(local(), agent_.now()), Cause::kFlag);
    while (!take_word()) {
      waiting_ = Waiting::kWord;
      shared_.words.watch(std::get<WaitWord<Value>>(sync_.command).address, agent_);
      co_await agent_.sleep();
      waiting_ = Waiting::kNothing;
    }
    co_await agent_.cycles(
        shared_.free_costs ? 1 : static_cast<uint64_t>(shared_.machine.memory.l2.latency));
  } else if (sync_.kind == Entry::Kind::kSetWord) {
    co_await agent_.until(
        memory_cycle(std::get<SetWord<Value>>(sync_.command).address, sizeof(uint64_t), true));
    set_word();
  } else if (sync_.sets[0].count > 0) {
    core_.set_flag(sync_.sets[0], event(), false);
  } else if (sync_.waits[0].count > 0) {
    clock_.change(std::max(local(), agent_.now()), Cause::kFlag);
    waiting_flags_ = sync_.waits;
    co_await FlagTaken{*this};
    if (shared_.observer != nullptr) {
      shared_.observer->on_flag_take(event(), sync_.waits[0].flag, sync_.waits[0].count);
    }
  }
}

Task Sequencer::access_memory(MicroOp op) {
  clock_.change(local(), Cause::kMemory);
  co_await agent_.until(earliest_access(op));
  const Cycle done = begin_access(op);
  if (fault_) co_return;
  co_await agent_.until(done);
  finish_access(op);
}

// False, with a fault, if the address or operand of an instruction that meets the wheel is unknown.
bool Sequencer::operands_known(const MicroOp& op) {
  if (taint_ == 0) return true;
  uint64_t needed = 0;
  const bool memory = op.op == ScalarOp::kLd || op.op == ScalarOp::kSt ||
                      op.op == ScalarOp::kAtomic || op.op == ScalarOp::kCache;
  if (memory) needed |= uint64_t{1} << op.c;
  if (op.op == ScalarOp::kAtomic) needed |= uint64_t{1} << op.a | uint64_t{1} << op.b;
  if (op.op == ScalarOp::kFlag) needed = code_->facts[pc_].address_registers;
  needed &= taint_;
  if (needed == 0) return true;
  unknown(std::countr_zero(needed), "an operand");
  return false;
}

const std::string& Sequencer::text_of(const MicroOp& op) const {
  static const std::string kNone = "(the program has no such text)";
  const auto& strings = code_->program->strings;
  return static_cast<size_t>(op.imm) < strings.size() ? strings[static_cast<size_t>(op.imm)]
                                                      : kNone;
}

void Sequencer::print(const MicroOp& op) {
  if (!shared_.print) return;
  const uint64_t value = regs_[op.a];
  std::string shown;
  if ((taint_ >> op.a & 1) != 0) {
    shown = "unknown";
  } else {
    switch (static_cast<PrintAs>(op.sub)) {
      case PrintAs::kInt:
        shown = std::to_string(static_cast<int64_t>(value));
        break;
      case PrintAs::kHex:
        shown = fmt::format("0x{:x}", value);
        break;
      case PrintAs::kF32:
        shown = fmt::format("{}", std::bit_cast<float>(static_cast<uint32_t>(value)));
        break;
    }
  }
  shared_.print(fmt::format("group {} core {} cycle {}: {} {}", core_.group(), core_.number(),
                            local(), text_of(op), shown));
}

void Sequencer::stay_idle() {
  clock_.start(Cause::kDone);
  executed_ = 0;
}

UnitRecord Sequencer::close(Cycle end) {
  clock_.count_instructions(executed_);
  return clock_.close(end);
}

}  // namespace npu
