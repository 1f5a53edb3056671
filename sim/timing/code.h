// A core's program made ready to run: decoded once, scalar instructions in 16 bytes each, so that
// the sequencer spends nanoseconds on them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isa/encoding/encoding.h"
#include "isa/encoding/issue.h"
#include "isa/encoding/rules.h"
#include "isa/program/program.h"
#include "sim/timing/checked.h"
#include "sim/timing/entry.h"

namespace npu {

// What the sequencer does. The arithmetic comes first; from kQueue on the wheel may be involved.
enum class ScalarOp : uint8_t {
  kLi,
  kAdd,
  kSub,
  kMul,
  kMulh,
  kDiv,
  kRem,
  kMin,
  kMax,
  kAnd,
  kOr,
  kXor,
  kShl,
  kShr,
  kSar,
  kFloat,  // fadd fsub fmul fdiv, by the opcode in `sub`
  kCmp,
  kFcmp,
  kFcvt,
  kAddWrap,
  kBranch,
  kJump,
  kCall,
  kRet,
  kQueue,  // issue to the unit in `sub`
  kLd,
  kSt,
  kCache,
  kAtomic,
  kCsr,
  kAwait,
  kBarrier,
  kPrint,
  kTrap,
  kHalt,
  kFlag,     // set, wait, setw, waitw in the sequencer itself
  kIllegal,  // does not decode, or may not stand here: Code::problems
};

struct MicroOp {
  ScalarOp op{};
  uint8_t sub = 0;       // condition, unit, width or opcode, as op needs
  uint8_t d = 0, a = 0;  // registers
  int32_t imm = 0;       // or target, or string
  uint8_t b = 0, c = 0;
  uint8_t mem = 0;
  uint8_t round = 0;
  uint32_t extra = 0;  // of li: index into Code::constants
};
static_assert(sizeof(MicroOp) == 16);

// Facts about a queue instruction that do not change from issue to issue.
struct QueueFacts {
  uint64_t address_registers = 0;  // registers that must be known: all sources but plain values
  Entry::Kind kind = Entry::Kind::kWork;
  FlagPair waits{}, sets{};  // riding
  bool indexed = false;      // reads a list of rows or elements
  bool local = false;        // validate() looks at no global memory
  Checked::Sources sources;  // of a local one
};

struct Code {
  const CoreCode* source = nullptr;
  const Program* program = nullptr;
  CoreKind kind{};
  std::vector<MicroOp> ops;  // one per word, then one kIllegal behind the end
  std::vector<Instruction> instructions;
  std::vector<QueueFacts> facts;
  std::vector<uint64_t> constants;
  std::vector<std::string> problems;  // by MicroOp::imm of kIllegal

  uint64_t waitable = 0;  // flags that the program declares for these cores, by bit
  uint64_t settable = 0;  // the same for the cores on which a set arrives

  bool empty() const { return source == nullptr || source->words.empty(); }
  // "matmul.npuasm:12: load ..." of an instruction, or the instruction alone.
  std::string place(uint32_t pc) const;
};

Code load_code(const Program& program, const CoreCode& code, CoreKind kind);

}  // namespace npu
