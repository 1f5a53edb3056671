#include "kernels/kit/lower/codegen.h"

#include <algorithm>

#include "isa/encoding/encoding.h"
#include "isa/errors.h"
#include "kernels/kit/lower/value_writer.h"

namespace npu::kit {
namespace {

constexpr int kZero = kZeroRegister;

class Generator : public ValueWriter {
 public:
  Generator(const Recorder& recorder, Resolver& resolver, const Items& items,
            const std::set<ValueId>& local, ProgramText& text)
      : ValueWriter(recorder, resolver, items, local), text_(text) {
    for (const int cell : placement_.cells()) {
      if (!recorder.cells[static_cast<size_t>(cell)].follows) continue;
      Li li;
      li.imm = {static_cast<uint64_t>(recorder.cells[static_cast<size_t>(cell)].initial)};
      add(with(li, &Li::d, cell_register(cell)));
    }
    emit(items, 0);
    add(Built{Halt{}, {}});
  }

 private:
  void emit(const Items& items, int scope) {
    for (size_t i = 0; i <= items.size(); ++i) {
      if (i < items.size()) set_source(items[i]);
      for (const ValueId id : placement_.at({scope, i})) {
        const int d = fresh(is_register(values_[id]) ? -1 : id);
        compute(id, d);
        kept_[id] = d;
      }
      if (i < items.size()) emit(items[i]);
    }
  }

  void set_source(const Item& item) {
    const Stmt& stmt = *item.stmt;
    std::string text;
    if (const auto* issue = std::get_if<Issue>(&stmt.what)) text = issue->text;
    if (const auto* loop = std::get_if<Loop>(&stmt.what)) {
      text = "loop " + r_.loops[static_cast<size_t>(loop->id)].name;
    }
    if (std::holds_alternative<When>(stmt.what)) text = "when";
    const std::string file = repository_path(stmt.where.file);
    const auto line = static_cast<uint32_t>(stmt.where.line);
    const std::string key = file + ":" + std::to_string(line) + ":" + text;
    const auto [at, is_new] =
        text_.known_sources.emplace(key, static_cast<uint32_t>(text_.sources.size()));
    if (is_new) text_.sources.push_back({file, line, text});
    source_ = at->second;
  }

  void emit(const Item& item) {
    switch (item.kind) {
      case Item::Kind::kIssue:
        return emit_issue(item);
      case Item::Kind::kSync:
        emit_flags<Wait<Reg>>(item.unit, item.waits, 0);
        emit_flags<Set<Reg>>(item.unit, item.sets, 0);
        return emit_own_sets(item);
      case Item::Kind::kAssign:
        return compute(item.values[0], cell_register(std::get<Assign>(item.stmt->what).cell));
      case Item::Kind::kAdvance:
        return emit_advance(std::get<Advance>(item.stmt->what));
      case Item::Kind::kLoop:
        return emit_loop(item);
      case Item::Kind::kWhen: {
        const int end = new_label();
        skip_unless(item.values[0], end);
        emit(item.body, item.scope);
        set_source(item);
        return bind(end);
      }
      case Item::Kind::kRead:
        return emit_read(item);
      case Item::Kind::kBarrier:
        return add(Built{Barrier{}, {}});
      case Item::Kind::kPrint:
        return emit_print(item);
    }
  }

  void emit_issue(const Item& item) {
    if (item.handover) return emit_handover(item);
    Instruction instruction = std::get<Issue>(item.stmt->what).instruction;
    if (auto* drain = std::get_if<Drain<Reg>>(&instruction)) drain->handover = item.drain_handover;
    emit_command(item, instruction, item.waits, item.sets, 2);
    emit_own_sets(item);
  }

  // Two waits and `riding` sets ride on the instruction; the others stand before and behind it.
  void emit_command(const Item& item, const Instruction& instruction,
                    const std::vector<FlagCount>& waits, const std::vector<FlagCount>& sets,
                    size_t riding) {
    emit_flags<Wait<Reg>>(item.unit, waits, 2);
    Built built{instruction, {}};
    for (const ValueId id : item.values) built.registers.push_back(reg(id));
    std::visit(
        [&](auto& i) {
          if constexpr (requires { i.sync; }) {
            for (size_t n = 0; n < std::min<size_t>(2, waits.size()); ++n)
              i.sync.waits[n] = waits[n];
            for (size_t n = 0; n < std::min(riding, sets.size()); ++n) i.sync.sets[n] = sets[n];
          }
        },
        built.instruction);
    add(std::move(built));
    emit_flags<Set<Reg>>(item.unit, sets, riding);
  }

  // An mma in four forms: with and without the first's wait, with and without the last's set. Only
  // first and last take part in the handover.
  void emit_handover(const Item& item) {
    const ItemHandover& handover = *item.handover;
    const int not_first = new_label(), end = new_label();
    const bool always_first = values_.is_const(handover.accumulate, 0);
    if (!always_first) branch(Compare::kNe, reg(handover.accumulate), kZero, not_first);
    emit_handover_last(item, true, end);
    if (!always_first) {
      jump(end);
      bind(not_first);
      emit_handover_last(item, false, end);
    }
    bind(end);
  }

  void emit_handover_last(const Item& item, bool first, int end) {
    const int not_last = new_label();
    const auto& turns = item.handover->turns;
    for (const auto& [next, limit] : turns) {
      const int a = reg(next), b = reg(limit);
      branch(Compare::kLt, a, b, not_last);
    }
    emit_mma(item, first, true);
    if (turns.empty()) return;
    jump(end);
    bind(not_last);
    emit_mma(item, first, false);
  }

  void emit_mma(const Item& item, bool first, bool last) {
    Instruction mma = std::get<Issue>(item.stmt->what).instruction;
    if (auto* plain = std::get_if<Mma<Reg>>(&mma)) plain->handover = first || last;
    if (auto* scaled = std::get_if<MmaScaled<Reg>>(&mma)) scaled->handover = first || last;
    std::vector<FlagCount> waits = item.waits, sets = item.sets;
    if (first) waits.insert(waits.begin(), {*item.handover->free, 1});
    if (last) sets.insert(sets.begin(), {*item.handover->filled, 1});
    // With handover the first riding set is made early: that may only be the slot's.
    emit_command(item, mma, waits, sets, first && !last ? 0 : 2);
  }

  void emit_own_sets(const Item& item) {
    for (const OwnSet& set : item.own_sets) {
      Built built;
      Set<Reg> i;
      i.unit = item.unit;
      i.flag = operand(built.registers, reg(set.id));
      i.count = operand(built.registers, reg(values_.constant(1)));
      built.instruction = i;
      add(std::move(built));
    }
  }

  template <class I>
  void emit_flags(Unit unit, const std::vector<FlagCount>& flags, size_t from) {
    for (size_t n = from; n < flags.size(); ++n) {
      Built built;
      I i;
      i.unit = unit;
      i.flag = operand(built.registers, reg(values_.constant(flags[n].flag)));
      i.count = operand(built.registers, reg(values_.constant(flags[n].count)));
      built.instruction = i;
      add(std::move(built));
    }
  }

  void emit_advance(const Advance& advance) {
    const RingInfo& ring = r_.rings[static_cast<size_t>(advance.ring)];
    const int64_t base =
        ring.object >= 0 ? r_.objects[static_cast<size_t>(ring.object)].address : 0;
    const int cell = cell_register(advance.cell);
    if (ring.depth == 2) {
      return add(alu<Xor>(cell, cell, kZero, base ^ (base + ring.slot_bytes)));
    }
    Built built;
    AddWrap i;
    i.d = operand(built.registers, cell);
    i.step = operand(built.registers, reg(values_.constant(ring.slot_bytes)));
    i.base = operand(built.registers, reg(values_.constant(base)));
    i.end = operand(built.registers, reg(values_.constant(base + ring.slot_bytes * ring.depth)));
    built.instruction = i;
    add(std::move(built));
  }

  void emit_loop(const Item& item) {
    const auto& loop = std::get<Loop>(item.stmt->what);
    const int variable = fresh(-1, "loop " + r_.loops[static_cast<size_t>(loop.id)].name, true);
    loops_[static_cast<size_t>(loop.id)] = variable;
    compute(item.values[0], variable);
    const int limit = reg(item.values[1]);
    const bool runs =
        values_.less_equal(values_.add(item.values[0], values_.constant(1)), item.values[1]);
    const int end = new_label(), top = new_label();
    if (!runs) branch(Compare::kGe, variable, limit, end);
    bind(top);
    const auto first = static_cast<int>(code.instructions.size());
    emit(item.body, item.scope);
    set_source(item);
    if (values_.is_const(item.values[2])) {
      add(alu<Add>(variable, variable, kZero, values_[item.values[2]].imm));
    } else {
      add(alu<Add>(variable, variable, reg(item.values[2]), 0));
    }
    branch(Compare::kLt, variable, limit, top);
    code.loops.emplace_back(first, static_cast<int>(code.instructions.size()) - 1);
    bind(end);
  }

  void skip_unless(ValueId condition, int label) {
    constexpr Compare kInverse[] = {Compare::kNe, Compare::kEq, Compare::kGe,  Compare::kGt,
                                    Compare::kLe, Compare::kLt, Compare::kGeu, Compare::kLtu};
    for (const ValueId test : placement_.tests_of(condition)) {
      const Value v = values_[test];
      if (v.op == Op::kCompare) {
        const int a = reg(v.a), b = reg(v.b);
        branch(kInverse[v.imm], a, b, label);
      } else {
        branch(Compare::kEq, reg(test), kZero, label);
      }
    }
  }

  void emit_read(const Item& item) {
    const auto& read = std::get<Read>(item.stmt->what);
    if (read.mem == Mem::kUb) add(Built{Await{Unit::kVector}, {}});
    Built built;
    Ld i;
    i.width = read.width;
    i.mem = read.mem;
    const int address = reg(item.values[0]);
    const int d = fresh(-1, "scalar read", true);
    reads_[static_cast<size_t>(read.id)] = d;
    i.d = operand(built.registers, d);
    i.address = {operand(built.registers, address), 0};
    built.instruction = i;
    add(std::move(built));
  }

  void emit_print(const Item& item) {
    const auto& print = std::get<PrintValue>(item.stmt->what);
    Built built;
    Print i;
    i.text = {static_cast<uint16_t>(text_.strings.size())};
    text_.strings.push_back(print.text);
    i.a = operand(built.registers, reg(item.values[0]));
    built.instruction = i;
    add(std::move(built));
  }

  ProgramText& text_;
};

[[noreturn]] void refuse(const Recorder& r, Core core, const VirtualCode& code,
                         const Allocation& allocation) {
  std::set<std::string> names;
  for (const int reg : allocation.alive) {
    const std::string& name = code.registers[static_cast<size_t>(reg)].name;
    if (!name.empty() && name != "temporary") names.insert(name);
  }
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
  throw InputError("kernel " + r.name + ": the " + (core == Core::kCube ? "cube" : "vector") +
                   " core's 64 registers do not suffice; held at once: " + list);
}

}  // namespace

void generate(const Recorder& r, Resolver& resolver, const Items& items, Core core, CoreCode& code,
              ProgramText& text) {
  std::set<ValueId> local;
  while (true) {
    ProgramText attempt = text;
    Generator generator(r, resolver, items, local, attempt);
    const Allocation allocation = allocate(generator.code);
    if (!allocation.failed) {
      for (const VirtualInstruction& i : generator.code.instructions) {
        code.words.push_back(encode(finished(generator.code, i, allocation)));
        code.lines.push_back(i.source);
      }
      text = std::move(attempt);
      return;
    }
    // Give up the least used value that can be computed where it is needed.
    int victim = -1;
    for (const int reg : allocation.alive) {
      const VirtualRegister& candidate = generator.code.registers[static_cast<size_t>(reg)];
      if (candidate.value < 0) continue;
      if (victim < 0 ||
          candidate.weight < generator.code.registers[static_cast<size_t>(victim)].weight) {
        victim = reg;
      }
    }
    if (victim < 0) refuse(r, core, generator.code, allocation);
    local.insert(generator.code.registers[static_cast<size_t>(victim)].value);
  }
}

}  // namespace npu::kit
