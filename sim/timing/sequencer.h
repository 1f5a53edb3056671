// A core's sequencer: runs the program and fills the queues of the core's units.
//
// Scalar instructions and the issue of commands touch nothing that another unit can see before the
// wheel gets there, so the sequencer runs ahead of the wheel through them, keeping its own time,
// and meets it again where something can be seen: scalar memory, flags, a full queue, the end.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "sim/functional/state.h"
#include "sim/timing/cause_clock.h"
#include "sim/timing/code.h"
#include "sim/timing/core_access.h"
#include "sim/timing/data_cache.h"
#include "sim/timing/entry.h"
#include "sim/timing/instruction_cache.h"
#include "sim/timing/ring.h"

namespace npu {

class Sequencer {
 public:
  explicit Sequencer(Core& core);

  void start(const Code& code, uint64_t control_block);
  // Of a core that takes no part.
  void stay_idle();
  // The core has halted at this cycle.
  void done(Cycle at) { clock_.change(at, Cause::kDone); }

  // A unit has taken a command from its queue or retired one.
  void unit_moved(Unit unit);
  // A flag that the sequencer may wait for has changed.
  void flag_changed();

  UnitRecord close(Cycle end);
  uint32_t pc() const { return pc_; }
  // The program is in a loop of scalar instructions that comes back to the same state for ever.
  bool endless() const { return endless_; }

  enum class Waiting : uint8_t { kNothing, kQueue, kIdle, kFlag, kWord, kBarrier };
  Waiting waiting() const { return waiting_; }
  Unit waiting_unit() const { return waiting_unit_; }
  const FlagPair& waiting_flags() const { return waiting_flags_; }

 private:
  // Why the interpreter stopped, with pc at the instruction that stopped it.
  static constexpr size_t kCallDepth = 16;
  enum class Stop : uint8_t { kBatch, kQueueFull, kMeet, kFetch, kFault };

  Process run();
  Process store_in_order();

  // Runs ahead from pc until something needs the wheel.
  Stop interpret();
  template <bool kTaint>
  Stop interpret_loop(int left);
  bool repeats_itself();
  // Goes on to the line of code at pc; false if it must be fetched.
  bool enter_line();
  // Fetches it; when it is there.
  Cycle fetch();
  void jump_to(uint32_t target) {
    count_slot();
    slot_ += branch_slots_;
    pc_ = target;
  }
  // Issues the queue instruction at pc; nothing on success.
  std::optional<Stop> issue_at_pc();
  // Makes the command of the instruction at pc, which must be one that may run.
  std::optional<Stop> make_command(const QueueFacts& facts, Command& command);
  std::optional<Stop> fill_sync(Entry& entry);
  std::optional<Stop> check_flags(FlagAmount wait, FlagAmount set);
  static std::optional<uint64_t> rare_arithmetic(const MicroOp& op, uint64_t a, uint64_t b);
  uint64_t read_csr(Csr csr) const;
  Stop fault_here(FaultCode code, std::string detail);
  Stop unknown(int reg, const char* use);
  Stop unknown_memory(uint64_t address, const std::string& what);
  void set_taint(int reg, bool unknown, uint64_t origin);

  // Instructions that meet the wheel. Each leaves a fault in fault_ if there is one.
  Task access_memory(MicroOp op);
  Task synchronise();
  Task meet_at_barrier();
  Task finish_everything(Unit unit);
  bool operands_known(const MicroOp& op);
  void print(const MicroOp& op);
  const std::string& text_of(const MicroOp& op) const;

  // Scalar memory: when an access may begin, what it costs, what it does.
  Cycle earliest_access(const MicroOp& op);
  Cycle begin_access(const MicroOp& op);
  void finish_access(const MicroOp& op);
  void finish_load(const MicroOp& op);
  void begin_store(const MicroOp& op);
  void finish_atomic(const MicroOp& op);
  void finish_cache(const MicroOp& op);
  void fill_line(uint64_t address);
  bool can_access(const MicroOp& op);
  Mem memory_of_access(const MicroOp& op) const;
  uint64_t address_of(const MicroOp& op) const {
    return regs_[op.c] + static_cast<uint64_t>(static_cast<int64_t>(op.imm));
  }
  Cycle memory_cycle(uint64_t address, uint32_t bytes, bool write);
  void announce(ScalarAccess::Kind kind, Mem mem, uint64_t address, int bytes,
                const DataCache::Line* line);
  bool take_word();
  void set_word();
  EventPlace event() const;

  // Own time, in instruction slots.
  Cycle local() const { return slot_ / width_; }
  void advance_to(Cycle cycle) {
    if (cycle * width_ > slot_) slot_ = cycle * width_;
  }
  void executed() {
    count_slot();
    ++pc_;
  }
  void count_slot() {
    ++slot_;
    ++executed_;
  }
  void go_on();

  struct QueueSpace {
    Sequencer& sequencer;
    bool await_ready() const;
    void await_suspend(std::coroutine_handle<> process) const;
    void await_resume() const {}
  };
  struct UnitsIdle {
    Sequencer& sequencer;
    Unit unit;  // kSequencer: all
    bool await_ready() const;
    void await_suspend(std::coroutine_handle<> process) const;
    void await_resume() const {}
  };
  struct FlagTaken {
    Sequencer& sequencer;
    bool await_ready() const;
    void await_suspend(std::coroutine_handle<> process) const;
    void await_resume() const {}
  };
  struct BarrierOpen {
    Sequencer& sequencer;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> process) const;
    void await_resume() const { sequencer.waiting_ = Waiting::kNothing; }
  };
  bool units_idle(Unit unit) const;

  Core& core_;
  Shared& shared_;
  Agent agent_;
  Agent storer_;
  CauseClock clock_;
  DataCache cache_;
  InstructionCache code_cache_;
  const Code* code_ = nullptr;

  std::array<uint64_t, kRegisters> regs_{};
  uint64_t taint_ = 0;                         // registers with unknown values, by bit
  std::array<uint64_t, kRegisters> origin_{};  // of unknown values: the GM address they came from
  uint32_t pc_ = 0;
  uint32_t line_first_ = 0, line_size_ = 0;  // instructions of the line of code that pc is in
  uint64_t branch_slots_ = 0;                // more for a branch taken
  uint64_t slot_ = 0;
  uint64_t width_ = 1;
  uint64_t executed_ = 0;
  uint64_t seen_ = 0;  // things done that others can see, or that depend on the time
  int alone_ = 0;      // batches in a row without any
  bool endless_ = false;
  std::vector<uint32_t> calls_;
  std::optional<Fault> fault_;

  // Scalar stores on their way to L2.
  struct PendingStore {
    Cycle done = 0;
    uint64_t address = 0, value = 0;
    int bytes = 0;
    uint32_t pc = 0;
  };
  Ring<PendingStore> stores_;
  Cycle stores_done_ = 0;
  bool storing_ = false;      // the process that completes stores has begun
  bool storer_idle_ = false;  // and waits for one

  Waiting waiting_ = Waiting::kNothing;
  Unit waiting_unit_{};
  FlagPair waiting_flags_{};
  Entry sync_;  // a set, wait, setw or waitw of the sequencer itself
};

}  // namespace npu
