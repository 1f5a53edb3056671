// Cuts one core's part out of the recorded body and places the waits and sets of its leases.
#include <algorithm>
#include <utility>

#include "kernels/kit/lower/core_tree.h"

namespace npu::kit {
namespace {

// What a core needs of the shared control flow and scalars: found by going round until nothing is
// added.
class Needs {
 public:
  Needs(const Recorder& recorder, Resolver& resolver, Core core)
      : r_(recorder), resolver_(resolver), core_(core) {
    while (std::exchange(grown_, false) || first_) {
      first_ = false;
      visit(r_.root);
    }
  }

  bool keeps(const Stmt& stmt) const { return kept_.count(&stmt) != 0; }
  bool any_issue() const { return any_issue_; }

 private:
  bool wanted(const Stmt& stmt) {
    if (const auto* issue = std::get_if<Issue>(&stmt.what)) {
      if (issue->core != core_) return false;
      any_issue_ = true;
      return true;
    }
    if (const auto* assign = std::get_if<Assign>(&stmt.what))
      return cells_.count(assign->cell) != 0;
    if (const auto* advance = std::get_if<Advance>(&stmt.what)) {
      return cells_.count(advance->cell) != 0;
    }
    if (const auto* loop = std::get_if<Loop>(&stmt.what)) return visit(loop->body);
    if (const auto* when = std::get_if<When>(&stmt.what)) return visit(when->body);
    if (const auto* read = std::get_if<Read>(&stmt.what)) return reads_.count(read->id) != 0;
    if (std::holds_alternative<GridBarrier>(stmt.what)) return true;
    return std::holds_alternative<PrintValue>(stmt.what) && core_ == r_.print_core();
  }

  bool visit(const Block& block) {
    bool any = false;
    for (const Stmt& stmt : block) {
      if (!wanted(stmt)) continue;
      any = true;
      if (kept_.insert(&stmt).second) {
        grown_ = true;
        need_operands(stmt);
      }
    }
    return any;
  }

  void need_operands(const Stmt& stmt) {
    where_ = stmt.where;
    if (const auto* issue = std::get_if<Issue>(&stmt.what)) {
      for (const Expr& e : issue->operands) need(resolver_.value(e));
    } else if (const auto* assign = std::get_if<Assign>(&stmt.what)) {
      need(resolver_.value(assign->value));
    } else if (const auto* loop = std::get_if<Loop>(&stmt.what)) {
      for (const Expr& e : {loop->first, loop->limit, loop->step}) need(resolver_.value(e));
    } else if (const auto* when = std::get_if<When>(&stmt.what)) {
      need(resolver_.value(when->condition));
    } else if (const auto* read = std::get_if<Read>(&stmt.what)) {
      need(resolver_.value(read->address));
      if (read->mem == Mem::kUb && core_ == Core::kCube) {
        r_.fail(stmt.where,
                "a scalar read from UB steers the cube core; it is known only to the "
                "vector cores");
      }
    } else if (const auto* print = std::get_if<PrintValue>(&stmt.what)) {
      need(resolver_.value(print->value));
    }
  }

  void need(ValueId id) {
    if (!values_.insert(id).second) return;
    const Value v = resolver_.values[id];
    if (v.op == Op::kCsr && v.imm == static_cast<int64_t>(Csr::kVector) && core_ == Core::kCube) {
      r_.fail(where_,
              "the cube core has no vector number; share() and tasks per vector core are "
              "for verbs of the vector cores");
    }
    if (v.op == Op::kRead) grown_ |= reads_.insert(static_cast<int>(v.imm)).second;
    if (v.op == Op::kClass) {
      grown_ |= cells_.insert(resolver_.classes[static_cast<size_t>(v.imm)].cell).second;
    }
    if (v.a >= 0) need(v.a);
    if (v.b >= 0) need(v.b);
    for (const Term& term : v.terms) need(term.id);
  }

  const Recorder& r_;
  Resolver& resolver_;
  Core core_;
  bool first_ = true, grown_ = false, any_issue_ = false;
  Where where_;
  std::set<const Stmt*> kept_;
  std::set<ValueId> values_;
  std::set<int> cells_, reads_;
};

class Slicer {
 public:
  Slicer(const Recorder& recorder, Resolver& resolver, const std::vector<RingRoles>& roles,
         const Flags& flags, Core core, const Needs& needs, bool handover)
      : r_(recorder),
        resolver_(resolver),
        roles_(roles),
        flags_(flags),
        core_(core),
        needs_(needs),
        handover_(handover ? handover_rings() : std::set<int>()) {}

  Items items(const Block& block) {
    Items items;
    std::vector<std::pair<int, size_t>> open;  // lease, where its statements begin
    for (const Stmt& stmt : block) {
      if (const auto* begin = std::get_if<BeginLease>(&stmt.what)) {
        if (user(begin->lease)) open.emplace_back(begin->lease, items.size());
      } else if (const auto* end = std::get_if<EndLease>(&stmt.what)) {
        const auto at = std::find_if(open.begin(), open.end(),
                                     [&](const auto& lease) { return lease.first == end->lease; });
        if (at == open.end()) continue;
        synchronise(items, end->lease, at->second, stmt);
        open.erase(at);
      } else if (needs_.keeps(stmt)) {
        items.push_back(item(stmt));
      }
    }
    return items;
  }

 private:
  // The unit of this core that uses the lease's slot, if it is one of this core's.
  std::optional<Unit> user(int id) const {
    const LeaseInfo& lease = r_.leases[static_cast<size_t>(id)];
    const RingRoles& roles = roles_[static_cast<size_t>(lease.ring)];
    const auto& role = lease.end == End::kPush ? roles.producer : roles.consumer;
    if (!role || role->core != core_ || !roles.flags()) return std::nullopt;
    return role->unit;
  }

  Item item(const Stmt& stmt) {
    Item item;
    item.stmt = &stmt;
    item.stamp = stmt.stamp;
    const auto use = [&](const Expr& e) { item.values.push_back(resolver_.value(e)); };
    if (const auto* issue = std::get_if<Issue>(&stmt.what)) {
      item.kind = Item::Kind::kIssue;
      item.unit = issue->unit;
      item.touches.insert(issue->leases.begin(), issue->leases.end());
      for (const Expr& e : issue->operands) use(e);
      if (issue->handover && hands_over(issue->handover->lease))
        item.handover = handover_of(*issue);
    } else if (const auto* assign = std::get_if<Assign>(&stmt.what)) {
      item.kind = Item::Kind::kAssign;
      use(assign->value);
    } else if (std::holds_alternative<Advance>(stmt.what)) {
      item.kind = Item::Kind::kAdvance;
    } else if (const auto* loop = std::get_if<Loop>(&stmt.what)) {
      item.kind = Item::Kind::kLoop;
      for (const Expr& e : {loop->first, loop->limit, loop->step}) use(e);
      fill_body(item, loop->body, stmt);
    } else if (const auto* when = std::get_if<When>(&stmt.what)) {
      item.kind = Item::Kind::kWhen;
      use(when->condition);
      fill_body(item, when->body, stmt);
    } else if (const auto* read = std::get_if<Read>(&stmt.what)) {
      item.kind = Item::Kind::kRead;
      use(read->address);
    } else if (const auto* print = std::get_if<PrintValue>(&stmt.what)) {
      item.kind = Item::Kind::kPrint;
      use(print->value);
    } else {
      item.kind = Item::Kind::kBarrier;
    }
    return item;
  }

  void fill_body(Item& item, const Block& body, const Stmt& stmt) {
    item.scope = static_cast<int>(stmt.scope);
    item.body = items(body);
    for (const Item& inner : item.body) {
      item.touches.insert(inner.touches.begin(), inner.touches.end());
    }
  }

  // Puts the wait of a lease before the first item that touches it and the set behind the last.
  void synchronise(Items& items, int id, size_t begin, const Stmt& end) {
    const LeaseInfo& lease = r_.leases[static_cast<size_t>(id)];
    const RingInfo& ring = r_.rings[static_cast<size_t>(lease.ring)];
    const RingFlags& flags = flags_.rings[static_cast<size_t>(lease.ring)];
    const Unit unit = *user(id);
    const bool push = lease.end == End::kPush;
    std::optional<uint8_t> wait, set;
    if (push) {
      wait = flags.free;
      set = flags.filled;
    } else {
      const bool again = ring.uses_peek && lease.end == End::kPop;
      if (!again) wait = flags.filled;
      if (lease.end == End::kPop) set = flags.free;
    }
    size_t first = items.size(), last = items.size();
    for (size_t i = begin; i < items.size(); ++i) {
      if (items[i].touches.count(id) == 0) continue;
      if (first == items.size()) first = i;
      last = i;
    }
    if (first == items.size()) {
      Item sync = bare(unit, end);
      if (wait) add_waits(sync, ring, *wait);
      if (set) add_set(sync, ring, *set);
      items.push_back(std::move(sync));
      return;
    }
    if (hands_over(id)) {
      if (Item* mma = mma_of(items[first])) {
        mma->handover->free = flags.free;
        mma->handover->filled = flags.filled;
        return;
      }
      const Issue* issue = std::get_if<Issue>(&items[last].stmt->what);
      if (!push && first == last && issue != nullptr) {
        // Both ride on the drain itself, whatever other waits and sets it has.
        items[last].drain_handover = true;
        items[last].sets.insert(items[last].sets.begin(), {flags.free, 1});
        items[last].waits.insert(items[last].waits.begin(), {flags.filled, 1});
        return;
      }
    }
    if (set) add_set(item_for_set(items, last, unit), ring, *set);
    if (wait) add_waits(item_for_wait(items, first, unit), ring, *wait);
  }

  // Rings all of whose leases hand over, by mmas that are certain to run.
  std::set<int> handover_rings() {
    std::set<int> rings;
    for (size_t i = 0; i < r_.rings.size(); ++i) {
      if (r_.rings[i].handover) rings.insert(static_cast<int>(i));
    }
    for (const LeaseInfo& lease : r_.leases) {
      if (lease.end == End::kPush && (!lease.handover || lease.mma_count != 1)) {
        rings.erase(lease.ring);
      }
    }
    drop_uncertain(r_.root, rings);
    return rings;
  }

  void drop_uncertain(const Block& block, std::set<int>& rings) {
    Values& values = resolver_.values;
    for (const Stmt& stmt : block) {
      if (const auto* loop = std::get_if<Loop>(&stmt.what)) drop_uncertain(loop->body, rings);
      if (const auto* when = std::get_if<When>(&stmt.what)) drop_uncertain(when->body, rings);
      const auto* issue = std::get_if<Issue>(&stmt.what);
      if (issue == nullptr || !issue->handover) continue;
      for (const HandoverMma::Turn& turn : issue->handover->turns) {
        const ValueId first = resolver_.value(turn.first);
        const ValueId second = values.add(first, values.constant(1));
        if (values.less_equal(second, resolver_.value(turn.limit))) continue;
        rings.erase(r_.leases[static_cast<size_t>(issue->handover->lease)].ring);
      }
    }
  }

  bool hands_over(int lease) const {
    return handover_.count(r_.leases[static_cast<size_t>(lease)].ring) != 0;
  }

  ItemHandover handover_of(const Issue& issue) {
    ItemHandover handover;
    handover.accumulate = resolver_.value(issue.handover->accumulate);
    for (const HandoverMma::Turn& turn : issue.handover->turns) {
      const ValueId next = resolver_.value(turn.next), limit = resolver_.value(turn.limit);
      handover.turns.emplace_back(next, limit);
    }
    return handover;
  }

  // The mma with handover in an item.
  static Item* mma_of(Item& item) {
    if (item.handover) return &item;
    for (Item& inner : item.body) {
      if (Item* mma = mma_of(inner)) return mma;
    }
    return nullptr;
  }

  // The cube core waits for each vector core; the others for one unit.
  void add_waits(Item& item, const RingInfo& ring, uint8_t flag) const {
    const int counters = ring.link && core_ == Core::kCube ? r_.limits.vectors : 1;
    for (int v = 0; v < counters; ++v) {
      item.waits.push_back({static_cast<uint8_t>(flag + v), 1});
    }
  }

  void add_set(Item& item, const RingInfo& ring, uint8_t flag) {
    if (!ring.link || core_ == Core::kCube || r_.limits.vectors == 1) {
      item.sets.push_back({flag, 1});
      return;
    }
    const Expr vector = leaf(Op::kCsr, static_cast<int64_t>(Csr::kVector));
    item.own_sets.push_back({flag, resolver_.value(node(Op::kAdd, vector, constant(flag)))});
  }

  static Item bare(Unit unit, const Stmt& stmt) {
    Item item;
    item.kind = Item::Kind::kSync;
    item.unit = unit;
    item.stmt = &stmt;
    item.stamp = stmt.stamp;
    return item;
  }

  // The item that can carry a wait before items[at].
  static Item& item_for_wait(Items& items, size_t at, Unit unit) {
    if (items[at].kind == Item::Kind::kIssue) return items[at];
    const bool joins = at > 0 && items[at - 1].kind == Item::Kind::kSync &&
                       items[at - 1].unit == unit && items[at - 1].sets.empty() &&
                       items[at - 1].own_sets.empty();
    if (joins) return items[at - 1];
    Item sync = bare(unit, *items[at].stmt);
    return *items.insert(items.begin() + static_cast<std::ptrdiff_t>(at), std::move(sync));
  }

  // The item that can carry a set behind items[at].
  static Item& item_for_set(Items& items, size_t at, Unit unit) {
    if (items[at].kind == Item::Kind::kIssue) return items[at];
    const bool joins = at + 1 < items.size() && items[at + 1].kind == Item::Kind::kSync &&
                       items[at + 1].unit == unit && items[at + 1].waits.empty();
    if (joins) return items[at + 1];
    Item sync = bare(unit, *items[at].stmt);
    sync.stamp = std::max(sync.stamp, items[at].stmt->end_stamp);
    return *items.insert(items.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(sync));
  }

  const Recorder& r_;
  Resolver& resolver_;
  const std::vector<RingRoles>& roles_;
  const Flags& flags_;
  Core core_;
  const Needs& needs_;
  const std::set<int> handover_;  // rings
};

}  // namespace

Items slice(const Recorder& recorder, Resolver& resolver, const std::vector<RingRoles>& roles,
            const Flags& flags, Core core, bool handover) {
  const Needs needs(recorder, resolver, core);
  if (!needs.any_issue()) return {};
  return Slicer(recorder, resolver, roles, flags, core, needs, handover).items(recorder.root);
}

}  // namespace npu::kit
