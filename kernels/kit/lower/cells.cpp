#include "kernels/kit/lower/cells.h"

#include <algorithm>
#include <limits>
#include <set>

#include "isa/errors.h"

namespace npu::kit {
namespace {

constexpr int64_t kFar = int64_t{1} << 62;

void cells_assigned(const Block& block, std::set<int>& cells) {
  for (const Stmt& stmt : block) {
    if (const auto* assign = std::get_if<Assign>(&stmt.what)) cells.insert(assign->cell);
    if (const auto* advance = std::get_if<Advance>(&stmt.what)) cells.insert(advance->cell);
    if (const auto* loop = std::get_if<Loop>(&stmt.what)) cells_assigned(loop->body, cells);
    if (const auto* when = std::get_if<When>(&stmt.what)) cells_assigned(when->body, cells);
  }
}

}  // namespace

Resolver::Resolver(const Recorder& recorder)
    : recorder_(recorder), changes_(recorder.cells.size()) {
  scopes.resize(1);
  scopes[0].end = std::numeric_limits<int64_t>::max();
  for (size_t cell = 0; cell < recorder.cells.size(); ++cell) {
    change(static_cast<int>(cell), {0, 0});
  }
  walk(recorder.root, 0);
}

void Resolver::change(int cell, Place start) {
  auto& list = changes_[static_cast<size_t>(cell)];
  if (!list.empty()) classes[static_cast<size_t>(list.back().klass)].end = start.stamp;
  list.push_back({start.stamp, static_cast<int>(classes.size())});
  classes.push_back({cell, start, std::numeric_limits<int64_t>::max()});
}

void Resolver::walk(const Block& block, int scope) {
  for (const Stmt& stmt : block) {
    if (const auto* assign = std::get_if<Assign>(&stmt.what)) {
      change(assign->cell, {scope, stmt.stamp});
      assigned_[static_cast<int>(classes.size()) - 1] = assign->value;
    } else if (const auto* advance = std::get_if<Advance>(&stmt.what)) {
      change(advance->cell, {scope, stmt.stamp});
    } else if (const auto* read = std::get_if<Read>(&stmt.what)) {
      read_places_[read->id] = {scope, stmt.stamp};
    } else if (const auto* loop = std::get_if<Loop>(&stmt.what)) {
      loops_[loop->id] = loop;
      loop_places_[loop->id] = {static_cast<int>(stmt.scope), stmt.stamp};
      walk_body(stmt, loop->body, scope, true);
    } else if (const auto* when = std::get_if<When>(&stmt.what)) {
      walk_body(stmt, when->body, scope, false);
    }
  }
}

void Resolver::walk_body(const Stmt& stmt, const Block& body, int scope, bool loop) {
  const auto index = static_cast<size_t>(stmt.scope);
  if (scopes.size() <= index) scopes.resize(index + 1);
  scopes[index] = {scope, scopes[static_cast<size_t>(scope)].depth + 1, loop, stmt.stamp,
                   stmt.end_stamp};
  std::set<int> cells;
  cells_assigned(body, cells);
  if (loop) {
    for (const int cell : cells) change(cell, {static_cast<int>(index), stmt.stamp});
  }
  walk(body, static_cast<int>(index));
  for (const int cell : cells) change(cell, {scope, stmt.end_stamp});
}

ValueId Resolver::cell_value(int cell, int64_t stamp) {
  const auto& list = changes_[static_cast<size_t>(cell)];
  const auto after =
      std::upper_bound(list.begin(), list.end(), stamp,
                       [](int64_t s, const Change& change) { return s < change.stamp; });
  const int klass = std::prev(after)->klass;
  const CellInfo& info = recorder_.cells[static_cast<size_t>(cell)];
  if (info.follows) {
    if (klass == list.front().klass) return values.constant(info.initial);
    const auto assigned = assigned_.find(klass);
    if (assigned != assigned_.end()) return value(assigned->second);
    return values.leaf(Op::kClass, klass, 0, info.initial);
  }
  return values.leaf(Op::kClass, klass, -kFar, kFar);
}

ValueId Resolver::value(const Expr& e) {
  const auto known = known_.find(e.get());
  if (known != known_.end()) return known->second.second;
  const ValueId id = make(e);
  known_[e.get()] = {e, id};
  return id;
}

ValueId Resolver::make(const Expr& e) {
  const Limits& limits = recorder_.limits;
  switch (e->op) {
    case Op::kConst:
      return values.constant(e->value);
    case Op::kBase:
      return values.constant(recorder_.objects[static_cast<size_t>(e->value)].address);
    case Op::kParameter:
      return values.leaf(e->op, e->value, -kFar, kFar);
    case Op::kWorkspace:
      return values.leaf(e->op, e->value, 0, kFar);
    case Op::kCsr:
      switch (static_cast<Csr>(e->value)) {
        case Csr::kGroup:
          return values.leaf(e->op, e->value, 0, limits.groups - 1);
        case Csr::kGroups:
          return values.leaf(e->op, e->value, 1, limits.groups);
        case Csr::kVector:
          return values.leaf(e->op, e->value, 0, limits.vectors - 1);
        default:
          return values.leaf(e->op, e->value, 0, kFar);
      }
    case Op::kLoop: {
      const Loop& loop = *loops_.at(e->value);
      const int64_t lo = values[value(loop.first)].lo, hi = values[value(loop.limit)].hi;
      return values.leaf(e->op, e->value, lo, std::max(lo, hi - 1));
    }
    case Op::kCell:
      return cell_value(static_cast<int>(e->value), e->stamp);
    case Op::kRead:
      return values.leaf(e->op, e->value, -kFar, kFar);
    default: {
      NPU_ASSERT(e->op != Op::kDim && e->a != nullptr);
      // In this order with every compiler: it decides the numbers of values, and so the code.
      const ValueId a = value(e->a);
      const ValueId b = e->b ? value(e->b) : -1;
      return values.binary(e->op, e->value, a, b);
    }
  }
}

Place Resolver::ready(ValueId id) {
  const auto known = ready_.find(id);
  if (known != ready_.end()) return known->second;
  const Value v = values[id];
  Place place;
  const auto include = [&](const Place& other) {
    const int depth = scopes[static_cast<size_t>(place.scope)].depth;
    const int other_depth = scopes[static_cast<size_t>(other.scope)].depth;
    if (other_depth > depth || (other_depth == depth && other.stamp > place.stamp)) place = other;
  };
  if (v.op == Op::kLoop) include(loop_places_.at(v.imm));
  if (v.op == Op::kRead) include(read_places_.at(v.imm));
  if (v.op == Op::kClass) include(classes[static_cast<size_t>(v.imm)].start);
  if (v.a >= 0) include(ready(v.a));
  if (v.b >= 0) include(ready(v.b));
  for (const Term& term : v.terms) include(ready(term.id));
  ready_[id] = place;
  return place;
}

}  // namespace npu::kit
