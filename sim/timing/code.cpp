#include "sim/timing/code.h"

#include <bit>
#include <type_traits>

#include "isa/assembler/disassembler.h"
#include "sim/functional/validate.h"

namespace npu {
namespace {

constexpr uint64_t bit(Reg r) { return r.index == 0 ? 0 : uint64_t{1} << r.index; }

// Registers whose value is data and changes neither addresses nor extents.
template <class I>
uint64_t value_registers(const I& i) {
  if constexpr (std::is_same_v<I, Fill<Reg>>) {
    return bit(i.value);
  } else if constexpr (std::is_same_v<I, Drain<Reg>>) {
    return bit(i.slope) | (i.scaling == ScaleMode::kScalar ? bit(i.scale) : 0);
  } else {
    uint64_t mask = 0;
    if constexpr (requires { i.a_is; }) mask |= i.a_is == Source::kScalar ? bit(i.a) : 0;
    if constexpr (requires { i.b_is; }) mask |= i.b_is == Source::kScalar ? bit(i.b) : 0;
    if constexpr (requires { i.c_is; }) mask |= i.c_is == Source::kScalar ? bit(i.c) : 0;
    if constexpr (requires { i.fill; }) mask |= bit(i.fill);
    return mask;
  }
}

// A register that is data in one operand may be an address in another: such a one must be known.
uint64_t address_registers(const Instruction& instruction) {
  const uint64_t values = std::visit([](const auto& i) { return value_registers(i); }, instruction);
  return source_registers(instruction) & ~values;
}

FlagPair amounts(const std::array<FlagCount, 2>& riding) {
  return {FlagAmount{riding[0].flag, riding[0].count}, FlagAmount{riding[1].flag, riding[1].count}};
}

// Feed, cube and vector commands stay inside their core.
void note_sources(QueueFacts& facts, const Instruction& instruction) {
  const Unit unit = unit_of(instruction);
  uint64_t registers = source_registers(instruction);
  facts.local = (unit == Unit::kFeed || unit == Unit::kCube || unit == Unit::kVector) &&
                static_cast<size_t>(std::popcount(registers)) <= Checked::kMostRegisters;
  if (!facts.local) return;
  for (; registers != 0; registers &= registers - 1) {
    facts.sources.index[facts.sources.count++] = static_cast<uint8_t>(std::countr_zero(registers));
  }
}

QueueFacts facts_of(const Instruction& instruction) {
  QueueFacts facts;
  facts.address_registers = address_registers(instruction);
  if (const Sync* sync = sync_of(instruction)) {
    facts.waits = amounts(sync->waits);
    facts.sets = amounts(sync->sets);
    facts.indexed = reads_indices(instruction);
    note_sources(facts, instruction);
  } else if (std::holds_alternative<SetWord<Reg>>(instruction)) {
    facts.kind = Entry::Kind::kSetWord;
  } else if (std::holds_alternative<WaitWord<Reg>>(instruction)) {
    facts.kind = Entry::Kind::kWaitWord;
  } else {
    facts.kind = Entry::Kind::kFlagsOnly;
  }
  return facts;
}

uint64_t declared_flags(const CoreCode& code) {
  uint64_t mask = 0;
  for (const FlagDecl& flag : code.flags) mask |= uint64_t{1} << (flag.id % kFlags);
  return mask;
}

template <class T>
struct OpOf;
#define NPU_OP(Name, op)                            \
  template <>                                       \
  struct OpOf<Name> {                               \
    static constexpr ScalarOp value = ScalarOp::op; \
  }
NPU_OP(Li, kLi);
NPU_OP(Add, kAdd);
NPU_OP(Sub, kSub);
NPU_OP(Mul, kMul);
NPU_OP(Mulh, kMulh);
NPU_OP(Div, kDiv);
NPU_OP(Rem, kRem);
NPU_OP(Min, kMin);
NPU_OP(Max, kMax);
NPU_OP(And, kAnd);
NPU_OP(Or, kOr);
NPU_OP(Xor, kXor);
NPU_OP(Shl, kShl);
NPU_OP(Shr, kShr);
NPU_OP(Sar, kSar);
NPU_OP(Cmp, kCmp);
NPU_OP(Fcmp, kFcmp);
NPU_OP(Fcvt, kFcvt);
NPU_OP(AddWrap, kAddWrap);
NPU_OP(Branch, kBranch);
NPU_OP(Jump, kJump);
NPU_OP(Call, kCall);
NPU_OP(Ret, kRet);
NPU_OP(Ld, kLd);
NPU_OP(St, kSt);
NPU_OP(Await, kAwait);
NPU_OP(Barrier, kBarrier);
NPU_OP(Print, kPrint);
NPU_OP(Trap, kTrap);
NPU_OP(Halt, kHalt);
NPU_OP(CacheControl, kCache);
NPU_OP(AtomicRmw, kAtomic);
NPU_OP(ReadCsr, kCsr);
#undef NPU_OP
template <class T>
concept kFloatOp = std::is_same_v<T, Fadd> || std::is_same_v<T, Fsub> || std::is_same_v<T, Fmul> ||
    std::is_same_v<T, Fdiv>;

// Behind the end of the code there is one more operation, a fault: jumps out of the code go there.
class Loader {
 public:
  Loader(const Program& program, const CoreCode& core_code, CoreKind kind) : kind_(kind) {
    code_.source = &core_code;
    code_.program = &program;
    code_.kind = kind;
    constexpr uint64_t kGroup = ~uint64_t{0} << kFirstGroupFlag;
    const CoreCode& across = kind == CoreKind::kCube ? program.vector : program.cube;
    code_.waitable = declared_flags(core_code);
    code_.settable = (code_.waitable & ~kGroup) | (declared_flags(across) & kGroup);
  }

  Code load() {
    const auto& words = code_.source->words;
    end_ = static_cast<int32_t>(words.size());
    code_.ops.reserve(words.size() + 1);
    for (const Word& word : words) add(word);
    code_.ops.push_back(illegal("the program ran past its last instruction"));
    return std::move(code_);
  }

 private:
  void add(const Word& word) {
    auto decoded = decode(word);
    if (const auto* error = std::get_if<DecodeError>(&decoded)) {
      code_.ops.push_back(illegal(error->problem));
      code_.instructions.emplace_back();
      code_.facts.emplace_back();
      return;
    }
    Instruction instruction = std::get<Instruction>(decoded);
    if (auto problem = misplaced(instruction, kind_)) {
      code_.ops.push_back(illegal(std::move(*problem)));
    } else {
      code_.ops.push_back(std::visit([&](const auto& i) { return micro(i); }, instruction));
    }
    code_.facts.push_back(facts_of(instruction));
    code_.instructions.push_back(instruction);
  }

  MicroOp illegal(std::string problem) {
    MicroOp op{.op = ScalarOp::kIllegal};
    op.imm = static_cast<int32_t>(code_.problems.size());
    code_.problems.push_back(std::move(problem));
    return op;
  }

  template <class I>
  MicroOp micro(const I& i) {
    MicroOp op{};
    if constexpr (kHasSync<I>) {
      op.op = ScalarOp::kQueue;
      op.sub = static_cast<uint8_t>(unit_of(i));
    } else if constexpr (
        requires { i.flag; } || requires { i.count; }) {
      op.op = i.unit == Unit::kSequencer ? ScalarOp::kFlag : ScalarOp::kQueue;
      op.sub = static_cast<uint8_t>(i.unit);
    } else if constexpr (kFloatOp<I>) {
      op.op = ScalarOp::kFloat;
      op.sub = I::info.opcode;
    } else {
      op.op = OpOf<I>::value;
    }
    fill_registers(op, i);
    fill_modes(op, i);
    return op;
  }

  template <class I>
  void fill_registers(MicroOp& op, const I& i) {
    if constexpr (kHasSync<I>) return;
    if constexpr (requires { i.d.index; }) op.d = i.d.index;
    if constexpr (requires { i.a.index; }) op.a = i.a.index;
    if constexpr (requires { i.b.index; }) op.b = i.b.index;
    if constexpr (requires { i.b.imm; }) {
      op.b = i.b.reg.index;
      op.imm = i.b.imm;
    }
    if constexpr (requires { i.address.imm; }) {
      op.c = i.address.reg.index;
      op.imm = i.address.imm;
    }
    if constexpr (std::is_same_v<I, AddWrap>) {
      op.a = i.step.index;
      op.b = i.base.index;
      op.c = i.end.index;
    }
  }

  template <class I>
  void fill_modes(MicroOp& op, const I& i) {
    if constexpr (requires { i.target; }) {
      op.imm = i.target.index < static_cast<uint32_t>(end_) ? static_cast<int32_t>(i.target.index)
                                                            : end_;
    }
    if constexpr (requires { i.cond; } && !kHasSync<I>) op.sub = static_cast<uint8_t>(i.cond);
    if constexpr (std::is_same_v<I, Ld> || std::is_same_v<I, St>) {
      op.sub = static_cast<uint8_t>(i.width);
      op.mem = static_cast<uint8_t>(i.mem);
    } else if constexpr (std::is_same_v<I, Fcvt>) {
      op.sub = i.to_int;
      op.round = static_cast<uint8_t>(i.round);
    } else if constexpr (std::is_same_v<I, Li>) {
      op.extra = static_cast<uint32_t>(code_.constants.size());
      code_.constants.push_back(i.imm.value);
    } else if constexpr (std::is_same_v<I, CacheControl> || std::is_same_v<I, AtomicRmw>) {
      op.sub = static_cast<uint8_t>(i.op);
    } else if constexpr (std::is_same_v<I, ReadCsr>) {
      op.sub = static_cast<uint8_t>(i.csr);
    } else if constexpr (std::is_same_v<I, Await>) {
      op.sub = static_cast<uint8_t>(i.unit);
    } else if constexpr (std::is_same_v<I, Print> || std::is_same_v<I, Trap>) {
      op.imm = i.text.index;
      if constexpr (std::is_same_v<I, Print>) op.sub = static_cast<uint8_t>(i.as);
    }
  }

  CoreKind kind_;
  int32_t end_ = 0;
  Code code_;
};

}  // namespace

std::string Code::place(uint32_t pc) const {
  std::string text;
  // What ran past the last instruction is placed at that one.
  if (pc > 0 && pc == instructions.size()) --pc;
  if (pc < source->lines.size() && source->lines[pc] < program->sources.size()) {
    const SourceLine& line = program->sources[source->lines[pc]];
    text = line.file + ":" + std::to_string(line.line);
    if (!line.text.empty()) return text + ": " + line.text;
  }
  if (pc < instructions.size() && ops[pc].op != ScalarOp::kIllegal) {
    if (!text.empty()) text += ": ";
    text += to_text(instructions[pc], program, kind);
  }
  return text;
}

Code load_code(const Program& program, const CoreCode& code, CoreKind kind) {
  return Loader(program, code, kind).load();
}

}  // namespace npu
