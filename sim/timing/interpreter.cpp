// The sequencer's inner loop: scalar instructions and the issue of commands, ahead of the wheel.
#include "sim/functional/scalar.h"
#include "sim/functional/validate.h"
#include "sim/timing/core.h"

namespace npu {
namespace {

// Instructions between two meetings with the wheel at most: a fraction of a millisecond.
constexpr int kBatch = 16384;

int64_t sign(uint64_t value) { return static_cast<int64_t>(value); }

constexpr uint64_t bit(int reg) { return uint64_t{1} << reg; }

// The registers an arithmetic instruction reads.
uint64_t sources(const MicroOp& op) {
  const bool wrap = op.op == ScalarOp::kAddWrap;
  return (bit(op.a) | bit(op.b) | (wrap ? bit(op.c) | bit(op.d) : 0)) & ~uint64_t{1};
}

}  // namespace

void Sequencer::set_taint(int reg, bool is_unknown, uint64_t origin) {
  if (reg == 0) return;
  if (is_unknown) {
    taint_ |= bit(reg);
    origin_[static_cast<size_t>(reg)] = origin;
  } else {
    taint_ &= ~bit(reg);
  }
}

Sequencer::Stop Sequencer::interpret() {
  return taint_ == 0 ? interpret_loop<false>(kBatch) : interpret_loop<true>(kBatch);
}

template <bool kTaint>
Sequencer::Stop Sequencer::interpret_loop(int left) {
  const MicroOp* const ops = code_->ops.data();
  uint64_t* const r = regs_.data();
  for (; left > 0; --left) {
    if (pc_ - line_first_ >= line_size_ && !enter_line()) return Stop::kFetch;
    const MicroOp& op = ops[pc_];
    const uint64_t b = r[op.b] + static_cast<uint64_t>(static_cast<int64_t>(op.imm));
    if constexpr (kTaint) {
      if (op.op < ScalarOp::kBranch) {
        const uint64_t unknown_sources = sources(op) & taint_;
        const bool is_unknown = op.op != ScalarOp::kLi && unknown_sources != 0;
        set_taint(op.d, is_unknown,
                  is_unknown ? origin_[static_cast<size_t>(std::countr_zero(unknown_sources))] : 0);
        if (is_unknown) {
          executed();
          continue;
        }
      } else if (op.op == ScalarOp::kBranch && (sources(op) & taint_) != 0) {
        return unknown(std::countr_zero(sources(op) & taint_), "a branch");
      }
    }
    uint64_t result = 0;
    switch (op.op) {
      case ScalarOp::kLi:
        result = code_->constants[op.extra];
        break;
      case ScalarOp::kAdd:
        result = r[op.a] + b;
        break;
      case ScalarOp::kSub:
        result = r[op.a] - b;
        break;
      case ScalarOp::kMul:
        result = r[op.a] * b;
        break;
      case ScalarOp::kMin:
        result = sign(r[op.a]) < sign(b) ? r[op.a] : b;
        break;
      case ScalarOp::kMax:
        result = sign(r[op.a]) > sign(b) ? r[op.a] : b;
        break;
      case ScalarOp::kAnd:
        result = r[op.a] & b;
        break;
      case ScalarOp::kOr:
        result = r[op.a] | b;
        break;
      case ScalarOp::kXor:
        result = r[op.a] ^ b;
        break;
      case ScalarOp::kShl:
        result = r[op.a] << (b & 63);
        break;
      case ScalarOp::kShr:
        result = r[op.a] >> (b & 63);
        break;
      case ScalarOp::kSar:
        result = static_cast<uint64_t>(sign(r[op.a]) >> (b & 63));
        break;
      case ScalarOp::kMulh:
      case ScalarOp::kDiv:
      case ScalarOp::kRem:
      case ScalarOp::kFloat: {
        const std::optional<uint64_t> value = rare_arithmetic(op, r[op.a], b);
        if (!value) return fault_here(FaultCode::kDivideByZero, "integer division by zero");
        result = *value;
        break;
      }
      case ScalarOp::kCmp:
        result = compare(static_cast<Compare>(op.sub), r[op.a], b);
        break;
      case ScalarOp::kFcmp:
        result = compare_f32(static_cast<Compare>(op.sub), r[op.a], r[op.b]);
        break;
      case ScalarOp::kFcvt:
        result = convert_scalar(op.sub != 0, static_cast<RoundMode>(op.round), r[op.a]);
        break;
      case ScalarOp::kAddWrap:
        result = add_wrap(r[op.d], r[op.a], r[op.b], r[op.c]);
        break;
      case ScalarOp::kCsr:
        seen_ += op.sub == static_cast<uint8_t>(Csr::kCycle) ? 1 : 0;
        result = read_csr(static_cast<Csr>(op.sub));
        break;
      case ScalarOp::kBranch:
        if (compare(static_cast<Compare>(op.sub), r[op.a], r[op.b])) {
          jump_to(static_cast<uint32_t>(op.imm));
        } else {
          executed();
        }
        continue;
      case ScalarOp::kJump:
        jump_to(static_cast<uint32_t>(op.imm));
        continue;
      case ScalarOp::kCall:
        if (calls_.size() == kCallDepth) {
          return fault_here(FaultCode::kCallDepth, "call with 16 calls on the stack");
        }
        calls_.push_back(pc_ + 1);
        jump_to(static_cast<uint32_t>(op.imm));
        continue;
      case ScalarOp::kRet:
        if (calls_.empty()) return fault_here(FaultCode::kCallDepth, "ret without a call");
        jump_to(calls_.back());
        calls_.pop_back();
        continue;
      case ScalarOp::kQueue:
        if (const std::optional<Stop> stop = issue_at_pc()) return *stop;
        continue;
      case ScalarOp::kIllegal:
        return fault_here(FaultCode::kIllegalInstruction,
                          code_->problems[static_cast<size_t>(op.imm)]);
      default:
        return Stop::kMeet;
    }
    r[op.d] = result;
    r[0] = 0;
    executed();
  }
  return Stop::kBatch;
}

// Steps on while nothing but registers changes, and compares with where it began: a state that
// comes back comes back for ever. The steps count as executed.
bool Sequencer::repeats_itself() {
  constexpr int kLongestLoop = 65536;
  const auto registers = regs_;
  const uint32_t pc = pc_;
  const size_t depth = calls_.size();
  const uint64_t seen = seen_;
  for (int step = 0; step < kLongestLoop; ++step) {
    if (interpret_loop<false>(1) != Stop::kBatch || seen_ != seen) return false;
    if (pc_ == pc && calls_.size() == depth && regs_ == registers) return true;
  }
  return false;
}

std::optional<uint64_t> Sequencer::rare_arithmetic(const MicroOp& op, uint64_t a, uint64_t b) {
  switch (op.op) {
    case ScalarOp::kMulh:
      return alu(MulhOp{}, a, b);
    case ScalarOp::kDiv:
      return alu(DivOp{}, a, b);
    case ScalarOp::kRem:
      return alu(RemOp{}, a, b);
    default:
      break;
  }
  switch (op.sub) {
    case Fadd::info.opcode:
      return alu(FaddOp{}, a, b);
    case Fsub::info.opcode:
      return alu(FsubOp{}, a, b);
    case Fmul::info.opcode:
      return alu(FmulOp{}, a, b);
    default:
      return alu(FdivOp{}, a, b);
  }
}

uint64_t Sequencer::read_csr(Csr csr) const {
  const Limits& limits = shared_.limits;
  const auto core = static_cast<uint64_t>(core_.number());
  switch (csr) {
    case Csr::kChip:
      return static_cast<uint64_t>(core_.chip());
    case Csr::kChips:
      return static_cast<uint64_t>(limits.chips);
    case Csr::kGroup:
      return static_cast<uint64_t>(core_.group_of_chip());
    case Csr::kGroups:
      return static_cast<uint64_t>(shared_.groups);
    case Csr::kCore:
      return core;
    case Csr::kVectors:
      return static_cast<uint64_t>(limits.vectors);
    case Csr::kVector:
      return core == 0 ? 0 : core - 1;
    case Csr::kCycle:
      return local();
  }
  return 0;
}

// Puts the queue instruction at pc into its unit's queue, if that has room.
std::optional<Sequencer::Stop> Sequencer::issue_at_pc() {
  const auto unit = static_cast<Unit>(code_->ops[pc_].sub);
  UnitModel& model = *core_.unit(unit);
  if (model.full()) {
    waiting_unit_ = unit;
    return Stop::kQueueFull;
  }
  const QueueFacts& facts = code_->facts[pc_];
  if (const uint64_t bad = facts.address_registers & taint_) {
    return unknown(std::countr_zero(bad), "an operand");
  }
  Entry& entry = model.place();
  if (auto stop = make_command(facts, entry.command)) return stop;
  entry.kind = facts.kind;
  entry.indexed = facts.indexed;
  entry.carried_out = false;
  entry.order = 0;
  entry.waits = facts.waits;
  entry.sets = facts.sets;
  if (facts.kind != Entry::Kind::kWork) {
    if (auto stop = fill_sync(entry)) return stop;
  }
  for (size_t i = 0; i < 2; ++i) {
    if (auto stop = check_flags(entry.waits[i], entry.sets[i])) return stop;
  }
  ++seen_;
  entry.ready = std::max(std::max(local(), shared_.wheel.now()), stores_done_);
  entry.pc = pc_;
  model.placed();
  if (shared_.observer != nullptr) {
    EventPlace place = event();
    place.cycle = entry.ready;
    place.unit = unit;
    place.serial = model.serial();
    shared_.observer->on_issue(place, entry.command);
  }
  executed();
  return std::nullopt;
}

std::optional<Sequencer::Stop> Sequencer::make_command(const QueueFacts& facts, Command& command) {
  issue(code_->instructions[pc_], regs_, command);
  Checked& checked = shared_.checked[code_->kind == CoreKind::kCube ? 0 : 1];
  if (facts.local && checked.has(pc_, facts.sources, regs_)) return std::nullopt;
  if (auto fault = validate(core_.place(), command)) {
    return fault_here(fault->code, std::move(fault->detail));
  }
  if (facts.local) checked.add(pc_, facts.sources, regs_);
  return std::nullopt;
}

std::optional<Sequencer::Stop> Sequencer::check_flags(FlagAmount wait, FlagAmount set) {
  const auto missing = [](FlagAmount amount, uint64_t known) {
    return amount.count > 0 && (known >> amount.flag & 1) == 0;
  };
  if (missing(wait, code_->waitable)) {
    return fault_here(FaultCode::kBadOperand, "wait for flag " + std::to_string(wait.flag) +
                                                  ", which the program does not declare");
  }
  if (missing(set, code_->settable)) {
    return fault_here(FaultCode::kBadOperand,
                      "set of flag " + std::to_string(set.flag) +
                          ", which the program does not declare for the core that gets it");
  }
  return std::nullopt;
}

// The flag or word of a set or wait that names it in a register.
std::optional<Sequencer::Stop> Sequencer::fill_sync(Entry& entry) {
  const auto amount = [&](uint64_t flag, uint64_t count, FlagPair& to) -> std::optional<Stop> {
    if (flag >= kFlags) {
      return fault_here(FaultCode::kBadOperand,
                        "flag " + std::to_string(flag) + ", allowed are 0 to 63");
    }
    if (count > UINT32_MAX) {
      return fault_here(FaultCode::kBadOperand, "count " + std::to_string(count) +
                                                    " of a flag, allowed are 0 to 4294967295");
    }
    to[0] = {static_cast<uint8_t>(flag), static_cast<uint32_t>(count)};
    return std::nullopt;
  };
  const auto word = [&](uint64_t address) -> std::optional<Stop> {
    if (auto fault = validate_scalar(core_.place(), Mem::kGm, address, 8)) {
      return fault_here(fault->code, std::move(fault->detail));
    }
    if (!shared_.gm.known(address)) return unknown_memory(address, "a word to wait for or to set");
    return std::nullopt;
  };
  if (const auto* set = std::get_if<Set<Value>>(&entry.command)) {
    return amount(set->flag, set->count, entry.sets);
  }
  if (const auto* wait = std::get_if<Wait<Value>>(&entry.command)) {
    return amount(wait->flag, wait->count, entry.waits);
  }
  if (const auto* set = std::get_if<SetWord<Value>>(&entry.command)) return word(set->address);
  return word(std::get<WaitWord<Value>>(entry.command).address);
}

Sequencer::Stop Sequencer::fault_here(FaultCode code, std::string detail) {
  fault_ = Fault{};
  fault_->code = code;
  fault_->detail = std::move(detail);
  return Stop::kFault;
}

Sequencer::Stop Sequencer::unknown(int reg, const char* use) {
  return unknown_memory(origin_[static_cast<size_t>(reg)],
                        "register r" + std::to_string(reg) + ", used by " + use + ",");
}

Sequencer::Stop Sequencer::unknown_memory(uint64_t address, const std::string& what) {
  const Allocation* tensor = shared_.gm.find(address);
  const std::string where =
      tensor == nullptr ? "a local memory"
                        : tensor->name + " at byte " + std::to_string(address - tensor->base);
  return fault_here(
      FaultCode::kUnknownValue,
      what + " comes from " + where + ", which timing-only does not compute; make it control data");
}

}  // namespace npu
