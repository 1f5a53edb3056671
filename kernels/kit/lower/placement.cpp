#include "kernels/kit/lower/placement.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "isa/errors.h"

namespace npu::kit {

Placement::Placement(const Recorder& recorder, Resolver& resolver, const Items& items,
                     const std::set<ValueId>& local)
    : r_(recorder), resolver_(resolver), local_(local) {
  enter(items, 0, {-1, 0});
  collect(items, 0);
  std::set<ValueId> seen;
  std::vector<ValueId> roots;
  for (const auto& [id, points] : uses_) roots.push_back(id);
  std::sort(roots.begin(), roots.end());
  for (const ValueId id : roots) order(id, seen);
  // Users before what they use, so that every use is known when a value is placed.
  for (size_t i = children_first_.size(); i-- > 0;) place(children_first_[i]);
  for (auto& [point, ids] : at_) std::reverse(ids.begin(), ids.end());
}

void Placement::enter(const Items& items, int scope, Point parent) {
  bodies_[scope] = {&items, parent};
  for (size_t i = 0; i < items.size(); ++i) {
    if (items[i].scope != 0) enter(items[i].body, items[i].scope, {scope, i});
  }
}

ItemUses Placement::uses_of(const Item& item) const {
  Values& values = resolver_.values;
  ItemUses uses;
  const auto flag_values = [&] {
    for (const auto* flags : {&item.waits, &item.sets}) {
      for (size_t i = item.kind == Item::Kind::kSync ? 0 : 2; i < flags->size(); ++i) {
        uses.registers.push_back(values.constant((*flags)[i].flag));
        uses.registers.push_back(values.constant((*flags)[i].count));
      }
    }
  };
  switch (item.kind) {
    case Item::Kind::kIssue:
    case Item::Kind::kSync:
      uses.registers = item.values;
      flag_values();
      if (item.handover) {
        uses.registers.push_back(item.handover->accumulate);
        for (const auto& [next, limit] : item.handover->turns) {
          uses.registers.insert(uses.registers.end(), {next, limit});
        }
        const FlagCount filled{*item.handover->filled, 1}, free{*item.handover->free, 1};
        std::vector<FlagCount> all = item.waits;
        all.insert(all.end(), item.sets.begin(), item.sets.end());
        all.insert(all.end(), {filled, free});
        for (const FlagCount& flag : all) {
          uses.registers.push_back(values.constant(flag.flag));
          uses.registers.push_back(values.constant(flag.count));
        }
      }
      for (const OwnSet& set : item.own_sets) {
        uses.registers.insert(uses.registers.end(), {set.id, values.constant(1)});
      }
      break;
    case Item::Kind::kAssign:
      uses.direct = item.values;
      break;
    case Item::Kind::kAdvance: {
      const auto& advance = std::get<Advance>(item.stmt->what);
      const RingInfo& ring = r_.rings[static_cast<size_t>(advance.ring)];
      if (ring.depth == 2) break;
      const int64_t base =
          ring.object >= 0 ? r_.objects[static_cast<size_t>(ring.object)].address : 0;
      uses.registers = {values.constant(ring.slot_bytes), values.constant(base),
                        values.constant(base + ring.slot_bytes * ring.depth)};
      break;
    }
    case Item::Kind::kLoop:
      uses.direct = {item.values[0]};
      uses.registers = {item.values[1]};
      if (!values.is_const(item.values[2])) uses.registers.push_back(item.values[2]);
      break;
    case Item::Kind::kWhen:
      for (const ValueId test : tests_of(item.values[0])) {
        const Value& v = values[test];
        if (v.op == Op::kCompare) {
          uses.registers.insert(uses.registers.end(), {v.a, v.b});
        } else {
          uses.registers.push_back(test);
        }
      }
      break;
    case Item::Kind::kRead:
    case Item::Kind::kPrint:
      uses.registers = item.values;
      break;
    case Item::Kind::kBarrier:
      break;
  }
  return uses;
}

std::vector<ValueId> Placement::tests_of(ValueId condition) const {
  const Value v = resolver_.values[condition];
  if (v.op != Op::kAnd) return {condition};
  std::vector<ValueId> tests = tests_of(v.a);
  const std::vector<ValueId> more = tests_of(v.b);
  tests.insert(tests.end(), more.begin(), more.end());
  return tests;
}

void Placement::collect(const Items& items, int scope) {
  for (size_t i = 0; i < items.size(); ++i) {
    const Point at{scope, i};
    const ItemUses uses = uses_of(items[i]);
    for (const ValueId id : uses.registers) use(id, at);
    for (const ValueId id : uses.direct) {
      const Recipe recipe = recipe_of(resolver_, id, static_cast<int>(r_.parameters.size()));
      for (const ValueId part : {recipe.a, recipe.b}) {
        if (part >= 0) use(part, at);
      }
    }
    if (items[i].kind == Item::Kind::kLoop) {
      // The limit is read in every turn: a cell that the body changes must be copied.
      for (const ValueId id : uses.registers) {
        if (resolver_.values[id].op == Op::kClass && expiry(id) < items[i].stmt->end_stamp) {
          copied_.insert(id);
        }
      }
    }
    if (items[i].scope != 0) collect(items[i].body, items[i].scope);
  }
}

void Placement::use(ValueId id, Point at) {
  if (resolver_.values.is_const(id, 0)) return;
  uses_[id].push_back(at);
  if (resolver_.values[id].op == Op::kClass && expiry(id) < stamp_at(at)) copied_.insert(id);
}

void Placement::order(ValueId id, std::set<ValueId>& seen) {
  if (!seen.insert(id).second || resolver_.values.is_const(id, 0)) return;
  if (!is_register(resolver_.values[id])) {
    const Recipe recipe = recipe_of(resolver_, id, static_cast<int>(r_.parameters.size()));
    if (recipe.a >= 0) order(recipe.a, seen);
    if (recipe.b >= 0) order(recipe.b, seen);
  }
  children_first_.push_back(id);
}

void Placement::place(ValueId id) {
  const std::vector<Point>& uses = uses_[id];
  if (uses.empty()) return;
  for (const Point& use : uses) weights_[id] += weight_of(use.scope);
  const Value v = resolver_.values[id];
  const Place ready = resolver_.ready(id);
  for (const Point& use : uses) {
    if (inside(use.scope, ready.scope)) continue;
    const Item& item = (*bodies_.at(use.scope).items)[use.index];
    r_.fail(item.stmt->where, "a scalar computed inside a loop or condition is used outside of it");
  }
  if (v.op == Op::kClass) cells_.insert(resolver_.classes[static_cast<size_t>(v.imm)].cell);
  if (is_register(v) && copied_.count(id) == 0) return;
  if (copied_.count(id) == 0 && local_.count(id) != 0) {
    const Recipe recipe = recipe_of(resolver_, id, static_cast<int>(r_.parameters.size()));
    const std::vector<Point> points = uses;
    for (const Point& at : points) {
      if (recipe.a >= 0) use(recipe.a, at);
      if (recipe.b >= 0) use(recipe.b, at);
    }
    return;
  }
  // The innermost scope around all uses, and the way to it from where the value can be known.
  int around = uses.front().scope;
  for (const Point& use : uses) {
    while (!inside(use.scope, around)) around = bodies_.at(around).parent.scope;
  }
  std::vector<int> way;
  for (int scope = around; scope != ready.scope; scope = bodies_.at(scope).parent.scope) {
    way.push_back(scope);
  }
  int scope = ready.scope;
  const bool stays = may_fault(resolver_, id);
  for (size_t i = way.size(); i-- > 0;) {
    if (resolver_.scopes[static_cast<size_t>(way[i])].loop && !stays) break;
    scope = way[i];
  }
  Point at = rise(uses.front(), scope);
  for (const Point& use : uses) at = std::min(at, rise(use, scope));
  if (copied_.count(id) != 0 || expiry(id) < stamp_at(at)) {
    // A cell in it moves on before the first use: compute it as soon as it is known.
    const Items& items = *bodies_.at(ready.scope).items;
    at = {ready.scope, 0};
    while (at.index < items.size() && items[at.index].stamp <= ready.stamp) ++at.index;
  }
  at_[at].push_back(id);
  if (is_register(v)) return;
  const Recipe recipe = recipe_of(resolver_, id, static_cast<int>(r_.parameters.size()));
  if (recipe.a >= 0) use(recipe.a, at);
  if (recipe.b >= 0) use(recipe.b, at);
}

Point Placement::rise(Point point, int scope) const {
  while (point.scope != scope) {
    NPU_ASSERT(point.scope >= 0);
    point = bodies_.at(point.scope).parent;
  }
  return point;
}

bool Placement::inside(int scope, int outer) const {
  for (; scope >= 0; scope = bodies_.at(scope).parent.scope) {
    if (scope == outer) return true;
  }
  return false;
}

int64_t Placement::stamp_at(const Point& point) const {
  const Items& items = *bodies_.at(point.scope).items;
  return point.index < items.size() ? items[point.index].stamp
                                    : std::numeric_limits<int64_t>::max();
}

int64_t Placement::expiry(ValueId id) {
  const auto known = expiry_.find(id);
  if (known != expiry_.end()) return known->second;
  const Value v = resolver_.values[id];
  int64_t end = std::numeric_limits<int64_t>::max();
  if (v.op == Op::kClass) end = resolver_.classes[static_cast<size_t>(v.imm)].end;
  if (v.a >= 0) end = std::min(end, expiry(v.a));
  if (v.b >= 0) end = std::min(end, expiry(v.b));
  for (const Term& term : v.terms) end = std::min(end, expiry(term.id));
  expiry_[id] = end;
  return end;
}

double Placement::weight_of(int scope) const {
  double weight = 1;
  for (int s = scope; s > 0; s = bodies_.at(s).parent.scope) {
    if (resolver_.scopes[static_cast<size_t>(s)].loop) weight *= 10;
  }
  return weight;
}

double Placement::weight(ValueId id) const {
  const auto at = weights_.find(id);
  return at == weights_.end() ? 0 : at->second;
}

const std::vector<ValueId>& Placement::at(const Point& point) const {
  static const std::vector<ValueId> kNone;
  const auto found = at_.find(point);
  return found == at_.end() ? kNone : found->second;
}

}  // namespace npu::kit
