// Instructions that the sequencer executes itself, one a cycle: arithmetic, branches, scalar
// memory, control.
#pragma once

#include "isa/instructions/operands.h"

namespace npu {

struct Li {
  static constexpr Info info{"li", 0x01, Unit::kSequencer, "d = 64-bit immediate"};
  Reg d;
  Imm64 imm;
  static constexpr auto fields() {
    return std::tuple(field("d", &Li::d, "destination"), field("imm", &Li::imm, "value"));
  }
};

// d = a OP (b + imm). All integer arithmetic is on 64 bits and wraps.
template <class Op>
struct Alu {
  static constexpr Info info = Op::info;
  Reg d, a;
  RegImm b;
  static constexpr auto fields() {
    return std::tuple(field("d", &Alu::d, "destination"), field("a", &Alu::a, "first operand"),
                      field("b", &Alu::b, "second operand: register + signed 32-bit immediate"));
  }
};

#define NPU_ALU(Name, mnemonic, opcode, doc)                             \
  struct Name##Op {                                                      \
    static constexpr Info info{mnemonic, opcode, Unit::kSequencer, doc}; \
  };                                                                     \
  using Name = Alu<Name##Op>;
NPU_ALU(Add, "add", 0x02, "d = a + b")
NPU_ALU(Sub, "sub", 0x03, "d = a - b")
NPU_ALU(Mul, "mul", 0x04, "d = low 64 bits of a * b")
NPU_ALU(Mulh, "mulh", 0x05, "d = high 64 bits of signed a * b")
NPU_ALU(Div, "div", 0x06, "d = a / b, signed, toward zero; b = 0 is a fault")
NPU_ALU(Rem, "rem", 0x07, "d = a - (a / b) * b, signed; b = 0 is a fault")
NPU_ALU(Min, "min", 0x08, "d = the smaller, signed")
NPU_ALU(Max, "max", 0x09, "d = the larger, signed")
NPU_ALU(And, "and", 0x0a, "d = a & b")
NPU_ALU(Or, "or", 0x0b, "d = a | b")
NPU_ALU(Xor, "xor", 0x0c, "d = a ^ b")
NPU_ALU(Shl, "shl", 0x0d, "d = a << (b mod 64)")
NPU_ALU(Shr, "shr", 0x0e, "d = a >> (b mod 64), zeros enter")
NPU_ALU(Sar, "sar", 0x0f, "d = a >> (b mod 64), the sign enters")
NPU_ALU(Fadd, "fadd", 0x10, "d = a + b as f32 in the low 32 bits; the immediate must be 0")
NPU_ALU(Fsub, "fsub", 0x11, "d = a - b as f32; the immediate must be 0")
NPU_ALU(Fmul, "fmul", 0x12, "d = a * b as f32; the immediate must be 0")
NPU_ALU(Fdiv, "fdiv", 0x13, "d = a / b as f32; the immediate must be 0")
#undef NPU_ALU

struct Cmp {
  static constexpr Info info{"cmp", 0x14, Unit::kSequencer,
                             "d = 1 if a COND b else 0, on integers"};
  Compare cond{};
  Reg d, a;
  RegImm b;
  static constexpr auto fields() {
    return std::tuple(field("cond", &Cmp::cond, "condition"), field("d", &Cmp::d, "destination"),
                      field("a", &Cmp::a, "first operand"), field("b", &Cmp::b, "second operand"));
  }
};

struct Fcmp {
  static constexpr Info info{"fcmp", 0x15, Unit::kSequencer,
                             "d = 1 if a COND b else 0, on f32; false with NaN"};
  Compare cond{};
  Reg d, a, b;
  static constexpr auto fields() {
    return std::tuple(field("cond", &Fcmp::cond, "condition"), field("d", &Fcmp::d, "destination"),
                      field("a", &Fcmp::a, "first operand"),
                      field("b", &Fcmp::b, "second operand"));
  }
};

struct Fcvt {
  static constexpr Info info{"fcvt", 0x16, Unit::kSequencer,
                             "d = a converted between f32 and 64-bit integer"};
  Reg d, a;
  bool to_int = false;
  RoundMode round{};
  static constexpr auto fields() {
    return std::tuple(field("to_int", &Fcvt::to_int, "f32 to integer instead of integer to f32"),
                      field("round", &Fcvt::round, "rounding"), field("d", &Fcvt::d, "destination"),
                      field("a", &Fcvt::a, "source"));
  }
};

struct AddWrap {
  static constexpr Info info{"addwrap", 0x17, Unit::kSequencer,
                             "d = d + step; if d >= end then d = base: the next slot of a ring"};
  Reg d, step, base, end;
  static constexpr auto fields() {
    return std::tuple(field("d", &AddWrap::d, "address that moves on"),
                      field("step", &AddWrap::step, "bytes a slot"),
                      field("base", &AddWrap::base, "first slot"),
                      field("end", &AddWrap::end, "behind the last slot"));
  }
};

struct Branch {
  static constexpr Info info{"b", 0x18, Unit::kSequencer, "go to target if a COND b, on integers"};
  Compare cond{};
  Reg a, b;
  Label target;
  static constexpr auto fields() {
    return std::tuple(
        field("cond", &Branch::cond, "condition"), field("a", &Branch::a, "first operand"),
        field("b", &Branch::b, "second operand"), field("target", &Branch::target, "where to go"));
  }
};

struct Jump {
  static constexpr Info info{"jump", 0x19, Unit::kSequencer, "go to target"};
  Label target;
  static constexpr auto fields() {
    return std::tuple(field("target", &Jump::target, "where to go"));
  }
};

struct Call {
  static constexpr Info info{"call", 0x1a, Unit::kSequencer,
                             "push the next instruction on the call stack of 16, go to target"};
  Label target;
  static constexpr auto fields() {
    return std::tuple(field("target", &Call::target, "where to go"));
  }
};

struct Ret {
  static constexpr Info info{"ret", 0x1b, Unit::kSequencer, "pop the call stack and go there"};
  static constexpr auto fields() { return std::tuple(); }
};

struct Ld {
  static constexpr Info info{"ld", 0x1c, Unit::kSequencer,
                             "d = scalar from GM through the data cache, or from UB; narrow types "
                             "extend; waits for the value"};
  Width width{};
  Mem mem{};
  Reg d;
  RegImm address;
  static constexpr auto fields() {
    return std::tuple(field("width", &Ld::width, "type in memory"),
                      field("mem", &Ld::mem, "gm or ub"), field("d", &Ld::d, "destination"),
                      field("address", &Ld::address, "byte address, a multiple of the width"));
  }
};

struct St {
  static constexpr Info info{
      "st", 0x1d, Unit::kSequencer,
      "scalar to GM through the data cache (written through to L2), or to UB"};
  Width width{};
  Mem mem{};
  RegImm address;
  Reg a;
  static constexpr auto fields() {
    return std::tuple(field("width", &St::width, "type in memory"),
                      field("mem", &St::mem, "gm or ub"),
                      field("address", &St::address, "byte address, a multiple of the width"),
                      field("a", &St::a, "value"));
  }
};

struct CacheControl {
  static constexpr Info info{"cache", 0x1e, Unit::kSequencer,
                             "invalidate, clean or prefetch lines of the scalar data cache"};
  Cache op{};
  RegImm address;
  static constexpr auto fields() {
    return std::tuple(field("op", &CacheControl::op, "what to do"),
                      optional_field("address", &CacheControl::address, "any byte of the line"));
  }
};

struct AtomicRmw {
  static constexpr Info info{"atomic", 0x1f, Unit::kSequencer,
                             "d = 64-bit word of GM, which becomes word OP a (cas: a if it was b), "
                             "at L2, past the data cache"};
  AtomicOp op{};
  Reg d;
  RegImm address;
  Reg a, b;
  static constexpr auto fields() {
    return std::tuple(field("op", &AtomicRmw::op, "operation"),
                      field("d", &AtomicRmw::d, "old value"),
                      field("address", &AtomicRmw::address, "8-byte aligned GM address"),
                      field("a", &AtomicRmw::a, "operand"),
                      optional_field("b", &AtomicRmw::b, "expected value of cas"));
  }
};

struct ReadCsr {
  static constexpr Info info{"csr", 0x20, Unit::kSequencer,
                             "d = a fact about where the program runs"};
  Csr csr{};
  Reg d;
  static constexpr auto fields() {
    return std::tuple(field("csr", &ReadCsr::csr, "which fact"),
                      field("d", &ReadCsr::d, "destination"));
  }
};

struct Await {
  static constexpr Info info{
      "await", 0x21, Unit::kSequencer,
      "wait until a unit of this core has finished all it was given; seq: all units"};
  Unit unit{};
  static constexpr auto fields() { return std::tuple(field("unit", &Await::unit, "unit")); }
};

struct Barrier {
  static constexpr Info info{
      "barrier", 0x22, Unit::kSequencer,
      "wait until every core of the launch is here with all its units finished and visible"};
  static constexpr auto fields() { return std::tuple(); }
};

struct Print {
  static constexpr Info info{"print", 0x23, Unit::kSequencer,
                             "hand a text and a register to the host's log"};
  StringId text;
  PrintAs as{};
  Reg a;
  static constexpr auto fields() {
    return std::tuple(field("as", &Print::as, "how to show the register"),
                      field("text", &Print::text, "text"), optional_field("a", &Print::a, "value"));
  }
};

struct Trap {
  static constexpr Info info{"trap", 0x24, Unit::kSequencer,
                             "stop the run with a fault that carries the text"};
  StringId text;
  static constexpr auto fields() { return std::tuple(field("text", &Trap::text, "text")); }
};

struct Halt {
  static constexpr Info info{"halt", 0x25, Unit::kSequencer,
                             "end this core's program once all its units are finished"};
  static constexpr auto fields() { return std::tuple(); }
};

}  // namespace npu
