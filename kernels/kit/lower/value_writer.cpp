#include "kernels/kit/lower/value_writer.h"

#include "isa/errors.h"

namespace npu::kit {
namespace {

constexpr int kControl = kControlRegister;
constexpr int kZero = kZeroRegister;

}  // namespace

ValueWriter::ValueWriter(const Recorder& recorder, Resolver& resolver, const Items& items,
                         const std::set<ValueId>& local)
    : r_(recorder),
      resolver_(resolver),
      values_(resolver.values),
      placement_(recorder, resolver, items, local),
      cells_(recorder.cells.size(), -1),
      loops_(recorder.loops.size(), -1),
      reads_(static_cast<size_t>(recorder.reads), -1) {}

void ValueWriter::add(Built built, int label) {
  code.instructions.push_back({built.instruction, std::move(built.registers), label, source_});
}

int ValueWriter::fresh(ValueId value, std::string name, bool cell) {
  code.registers.push_back(
      {value, value >= 0 ? placement_.weight(value) : 0, std::move(name), cell});
  return static_cast<int>(code.registers.size()) - 1;
}

int ValueWriter::cell_register(int cell) {
  int& reg = cells_[static_cast<size_t>(cell)];
  if (reg < 0) reg = fresh(-1, r_.cells[static_cast<size_t>(cell)].name, true);
  return reg;
}

int ValueWriter::reg(ValueId id) {
  if (values_.is_const(id, 0)) return kZero;
  const Value v = values_[id];
  if (!placement_.is_copied(id)) {
    if (v.op == Op::kClass) {
      return cell_register(resolver_.classes[static_cast<size_t>(v.imm)].cell);
    }
    if (v.op == Op::kLoop) return loops_[static_cast<size_t>(v.imm)];
    if (v.op == Op::kRead) return reads_[static_cast<size_t>(v.imm)];
    if (placement_.is_local(id)) {
      const int temporary = fresh(-1, "temporary");
      compute(id, temporary);
      return temporary;
    }
  }
  const auto at = kept_.find(id);
  NPU_ASSERT(at != kept_.end());
  return at->second;
}

int ValueWriter::reg_or_zero(ValueId id) { return id < 0 ? kZero : reg(id); }

void ValueWriter::compute(ValueId id, int d) {
  const Recipe recipe = recipe_of(resolver_, id, static_cast<int>(r_.parameters.size()));
  using Kind = Recipe::Kind;
  if (recipe.kind == Kind::kLi || recipe.kind == Kind::kCsr || recipe.kind == Kind::kParameter) {
    return compute_leaf(recipe, d);
  }
  if (recipe.kind == Kind::kMove) {
    const Value v = values_[id];
    const bool cell = v.op == Op::kClass && kept_.count(id) == 0;
    const int from =
        cell ? cell_register(resolver_.classes[static_cast<size_t>(v.imm)].cell) : reg(id);
    return add(alu<Add>(d, from, kZero, 0));
  }
  const int a = reg_or_zero(recipe.a), b = reg_or_zero(recipe.b);
  if (recipe.kind == Kind::kCompare) return compute_compare(recipe, d, a, b);
  if (recipe.kind >= Kind::kFadd) return compute_float(recipe, d, a, b);
  compute_alu(recipe, d, a, b);
}

void ValueWriter::compute_leaf(const Recipe& recipe, int d) {
  Built built;
  const Reg to = operand(built.registers, d);
  if (recipe.kind == Recipe::Kind::kLi) {
    Li li;
    li.d = to;
    li.imm = {static_cast<uint64_t>(recipe.imm)};
    built.instruction = li;
  } else if (recipe.kind == Recipe::Kind::kCsr) {
    ReadCsr csr;
    csr.d = to;
    csr.csr = static_cast<Csr>(recipe.imm);
    built.instruction = csr;
  } else {
    Ld ld;
    ld.d = to;
    ld.width = Width::kU64;
    ld.mem = Mem::kGm;
    ld.address = {operand(built.registers, kControl), static_cast<int32_t>(recipe.imm * 8)};
    built.instruction = ld;
  }
  add(std::move(built));
}

void ValueWriter::compute_alu(const Recipe& recipe, int d, int a, int b) {
  using Kind = Recipe::Kind;
  switch (recipe.kind) {
    case Kind::kAdd:
      return add(alu<Add>(d, a, b, recipe.imm));
    case Kind::kSub:
      return add(alu<Sub>(d, a, b, recipe.imm));
    case Kind::kMul:
      return add(alu<Mul>(d, a, b, recipe.imm));
    case Kind::kDiv:
      return add(alu<Div>(d, a, b, recipe.imm));
    case Kind::kRem:
      return add(alu<Rem>(d, a, b, recipe.imm));
    case Kind::kMin:
      return add(alu<Min>(d, a, b, recipe.imm));
    case Kind::kMax:
      return add(alu<Max>(d, a, b, recipe.imm));
    case Kind::kAnd:
      return add(alu<And>(d, a, b, recipe.imm));
    case Kind::kOr:
      return add(alu<Or>(d, a, b, recipe.imm));
    case Kind::kXor:
      return add(alu<Xor>(d, a, b, recipe.imm));
    case Kind::kShl:
      return add(alu<Shl>(d, a, b, recipe.imm));
    default:
      NPU_ASSERT(recipe.kind == Kind::kSar);
      return add(alu<Sar>(d, a, b, recipe.imm));
  }
}

void ValueWriter::compute_compare(const Recipe& recipe, int d, int a, int b) {
  Built built;
  Cmp i;
  i.cond = recipe.how;
  i.d = operand(built.registers, d);
  i.a = operand(built.registers, a);
  i.b = {operand(built.registers, b), static_cast<int32_t>(recipe.imm)};
  built.instruction = i;
  add(std::move(built));
}

void ValueWriter::compute_float(const Recipe& recipe, int d, int a, int b) {
  using Kind = Recipe::Kind;
  switch (recipe.kind) {
    case Kind::kFadd:
      return add(alu<Fadd>(d, a, b, 0));
    case Kind::kFsub:
      return add(alu<Fsub>(d, a, b, 0));
    case Kind::kFmul:
      return add(alu<Fmul>(d, a, b, 0));
    case Kind::kFdiv:
      return add(alu<Fdiv>(d, a, b, 0));
    default:
      break;
  }
  Built built;
  Fcvt i;
  i.to_int = recipe.kind == Kind::kToInt;
  i.round = i.to_int ? RoundMode::kRz : RoundMode::kRne;
  i.d = operand(built.registers, d);
  i.a = operand(built.registers, a);
  built.instruction = i;
  add(std::move(built));
}

void ValueWriter::branch(Compare how, int a, int b, int label) {
  Built built;
  Branch i;
  i.cond = how;
  i.a = operand(built.registers, a);
  i.b = operand(built.registers, b);
  built.instruction = i;
  add(std::move(built), label);
}

void ValueWriter::jump(int label) { add(Built{Jump{}, {}}, label); }

int ValueWriter::new_label() {
  code.labels.push_back(-1);
  return static_cast<int>(code.labels.size()) - 1;
}

void ValueWriter::bind(int label) {
  code.labels[static_cast<size_t>(label)] = static_cast<int>(code.instructions.size());
}

}  // namespace npu::kit
