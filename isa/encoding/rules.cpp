#include "isa/encoding/rules.h"

#include <initializer_list>

#include "isa/encoding/enum_names.h"
#include "isa/encoding/issue.h"

namespace npu {
namespace {

using Problem = std::optional<std::string>;

std::string text(std::string_view view) { return std::string(view); }

// `what` must be one of `allowed`.
Problem one_of(std::string_view what, Mem mem, std::initializer_list<Mem> allowed) {
  std::string list;
  for (const Mem m : allowed) {
    if (m == mem) return std::nullopt;
    list += (list.empty() ? "" : " or ") + text(name_of(m));
  }
  return text(what) + " cannot be " + text(name_of(mem)) + " here; allowed: " + list;
}

Mem local_memory(CoreKind core) { return core == CoreKind::kCube ? Mem::kL1 : Mem::kUb; }

Problem placing_problem(const Load<Reg>& i, CoreKind core) {
  return one_of("the target", i.to, {local_memory(core)});
}
Problem placing_problem(const Fill<Reg>& i, CoreKind core) {
  return one_of("the target", i.to, {local_memory(core)});
}
Problem placing_problem(const LoadRows<Reg>& i, CoreKind core) {
  if (auto problem = one_of("the target", i.to, {local_memory(core)})) return problem;
  return one_of("the list", i.list_in, {Mem::kGm, local_memory(core)});
}
Problem placing_problem(const StoreRows<Reg>& i, CoreKind) {
  return one_of("the list", i.list_in, {Mem::kGm, Mem::kUb});
}
Problem placing_problem(const Feed<Reg>& i, CoreKind) {
  return one_of("the target", i.to, {Mem::kL0A, Mem::kL0B});
}
Problem placing_problem(const FeedScale<Reg>& i, CoreKind) {
  return one_of("the target", i.to, {Mem::kL0A, Mem::kL0B});
}
Problem placing_problem(const Drain<Reg>& i, CoreKind) {
  return one_of("the target", i.to, {Mem::kGm, Mem::kL1, Mem::kUb});
}
Problem placing_problem(const Store<Reg>& i, CoreKind) {
  return one_of("the target", i.to, {Mem::kGm, Mem::kL1});
}
Problem scalar_memory(Mem mem, CoreKind core) {
  if (core == CoreKind::kCube) return one_of("the memory", mem, {Mem::kGm});
  return one_of("the memory", mem, {Mem::kGm, Mem::kUb});
}
Problem placing_problem(const Ld& i, CoreKind core) { return scalar_memory(i.mem, core); }
Problem placing_problem(const St& i, CoreKind core) { return scalar_memory(i.mem, core); }

Problem no_immediate(const RegImm& b) {
  if (b.imm == 0) return std::nullopt;
  return "the second operand is an f32 register; an immediate must be 0";
}
Problem placing_problem(const Fadd& i, CoreKind) { return no_immediate(i.b); }
Problem placing_problem(const Fsub& i, CoreKind) { return no_immediate(i.b); }
Problem placing_problem(const Fmul& i, CoreKind) { return no_immediate(i.b); }
Problem placing_problem(const Fdiv& i, CoreKind) { return no_immediate(i.b); }

template <class I>
Problem operand_problem(const I& i, CoreKind core) {
  if constexpr (requires { placing_problem(i, core); }) {
    return placing_problem(i, core);
  } else {
    return std::nullopt;
  }
}

}  // namespace

const char* core_name(CoreKind core) {
  return core == CoreKind::kCube ? "cube core" : "vector core";
}

bool has_unit(CoreKind core, Unit unit) {
  switch (unit) {
    case Unit::kSequencer:
    case Unit::kLoad:
      return true;
    case Unit::kFeed:
    case Unit::kCube:
    case Unit::kDrain:
      return core == CoreKind::kCube;
    case Unit::kVector:
    case Unit::kStore:
      return core == CoreKind::kVector;
  }
  return false;
}

std::optional<std::string> misplaced(const Instruction& instruction, CoreKind core) {
  Unit unit = unit_of(instruction);
  if (const auto* await = std::get_if<Await>(&instruction)) unit = await->unit;
  if (!has_unit(core, unit)) {
    return std::string("a ") + core_name(core) + " has no " + text(name_of(unit)) +
           " unit; it has " +
           (core == CoreKind::kCube ? "seq, load, feed, cube, drain" : "seq, load, vector, store");
  }
  return std::visit([&](const auto& i) { return operand_problem(i, core); }, instruction);
}

}  // namespace npu
