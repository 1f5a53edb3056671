#include "kernels/kit/lower/roles.h"

#include <functional>
#include <map>

namespace npu::kit {
namespace {

std::string role_name(const Role& role) {
  return std::string("the ") + (role.core == Core::kCube ? "cube" : "vector") + " core's " +
         unit_name(role.unit) + " unit";
}

void visit_issues(const Block& block, const std::function<void(const Issue&, Where)>& visit) {
  for (const Stmt& stmt : block) {
    if (const auto* issue = std::get_if<Issue>(&stmt.what)) visit(*issue, stmt.where);
    if (const auto* loop = std::get_if<Loop>(&stmt.what)) visit_issues(loop->body, visit);
    if (const auto* when = std::get_if<When>(&stmt.what)) visit_issues(when->body, visit);
  }
}

// Pushes and pops of a body, by ring.
struct Count {
  int pushes = 0, pops = 0, peeks = 0;
};
using Counts = std::map<int, Count>;

void add(Counts& counts, const Counts& more) {
  for (const auto& [ring, count] : more) {
    counts[ring].pushes += count.pushes;
    counts[ring].pops += count.pops;
    counts[ring].peeks += count.peeks;
  }
}

class Balance {
 public:
  explicit Balance(const Recorder& recorder) : r_(recorder) {}

  void check() { require(count(r_.root), {}, "the kernel"); }

 private:
  Counts count(const Block& block) {
    Counts counts;
    for (const Stmt& stmt : block) {
      if (const auto* begin = std::get_if<BeginLease>(&stmt.what)) {
        const LeaseInfo& lease = r_.leases[static_cast<size_t>(begin->lease)];
        Count& ring = counts[lease.ring];
        if (lease.end == End::kPush) ++ring.pushes;
        if (lease.end == End::kPop) ++ring.pops;
        if (lease.end == End::kPeek) ++ring.peeks;
      } else if (const auto* loop = std::get_if<Loop>(&stmt.what)) {
        const std::string& name = r_.loops[static_cast<size_t>(loop->id)].name;
        if (loop->ahead > 0) {
          check_items(*loop, stmt.where, "prefetch " + name);
        } else {
          require(count(loop->body), stmt.where, "loop " + name);
        }
      } else if (const auto* when = std::get_if<When>(&stmt.what)) {
        // The stages of a pipeline are balanced together, as the body of its loop; the items of a
        // prefetch with what stands around `next`.
        if (when->kind != When::Kind::kPlain) {
          add(counts, count(when->body));
        } else {
          require(count(when->body), stmt.where, "a when");
        }
      }
    }
    return counts;
  }

  void check_items(const Loop& loop, Where at, const std::string& prefetch) {
    for (const auto& [index, count] : count(loop.body)) {
      const RingInfo& ring = r_.rings[static_cast<size_t>(index)];
      if (count.pops + count.peeks > 0)
        r_.fail(at, prefetch + " pops ring " + ring.name + "; its items only load");
      if (int64_t{count.pushes} * loop.ahead > ring.depth) {
        r_.fail(at, prefetch + " is " + std::to_string(loop.ahead) + " items ahead, but ring " +
                        ring.name + " has " + std::to_string(ring.depth) + " slots for " +
                        std::to_string(count.pushes) + " an item");
      }
    }
    visit_issues(loop.body, [&](const Issue& issue, Where where) {
      if (issue.unit != Unit::kLoad)
        r_.fail(where,
                prefetch + " uses the " + unit_name(issue.unit) + " unit; its items only load");
    });
  }

  void require(const Counts& counts, Where at, const std::string& body) {
    for (const auto& [index, count] : counts) {
      const RingInfo& ring = r_.rings[static_cast<size_t>(index)];
      const Where where = at.line != 0 ? at : ring.where;
      const std::string name = (ring.link ? "link " : "ring ") + ring.name;
      if (count.pushes != count.pops) {
        r_.fail(where, name + " is pushed " + std::to_string(count.pushes) + " times but popped " +
                           std::to_string(count.pops) + " times in " + body);
      }
      if (ring.uses_peek && count.peeks != count.pops) {
        r_.fail(where, name + " is peeked " + std::to_string(count.peeks) + " times but popped " +
                           std::to_string(count.pops) + " times in " + body);
      }
    }
  }

  const Recorder& r_;
};

void set_role(const Recorder& r, std::optional<Role>& role, const Role& found,
              const std::string& what, Where at) {
  if (!role) role = found;
  if (*role == found) return;
  r.fail(at, what + " by " + role_name(*role) + " and by " + role_name(found) +
                 "; a slot has one user on each side, give the other its own ring");
}

void check_buffers(const Recorder& r, const Issue& issue, Where at) {
  for (const int buffer : issue.buffers) {
    if (issue.unit == Unit::kVector) continue;
    r.fail(at, "buffer " + r.buffers[static_cast<size_t>(buffer)].name + " is used by " +
                   role_name({issue.core, issue.unit}) +
                   "; a buffer is for the vector unit alone, use a ring");
  }
}

}  // namespace

const char* unit_name(Unit unit) {
  constexpr const char* kNames[kUnits] = {"sequencer", "load",   "feed", "cube",
                                          "drain",     "vector", "store"};
  return kNames[static_cast<size_t>(unit)];
}

std::vector<RingRoles> find_roles(const Recorder& r) {
  std::vector<RingRoles> roles(r.rings.size());
  visit_issues(r.root, [&](const Issue& issue, Where at) {
    check_buffers(r, issue, at);
    for (const int id : issue.leases) {
      const LeaseInfo& lease = r.leases[static_cast<size_t>(id)];
      const std::string ring = r.rings[static_cast<size_t>(lease.ring)].name;
      RingRoles& role = roles[static_cast<size_t>(lease.ring)];
      const bool push = lease.end == End::kPush;
      set_role(r, push ? role.producer : role.consumer, {issue.core, issue.unit},
               ring + (push ? " is written" : " is read"), at);
    }
  });
  for (size_t i = 0; i < roles.size(); ++i) {
    const RingInfo& ring = r.rings[i];
    if (!roles[i].producer != !roles[i].consumer) {
      r.fail(ring.where,
             ring.name + " has slots that no verb " + (roles[i].producer ? "reads" : "writes"));
    }
    if (!roles[i].producer) continue;
    const bool crosses = roles[i].producer->core != roles[i].consumer->core;
    if (crosses != ring.link) {
      r.fail(ring.where, ring.name + " goes from " + role_name(*roles[i].producer) + " to " +
                             role_name(*roles[i].consumer) + "; between cores goes a link, " +
                             "inside a core a ring");
    }
  }
  return roles;
}

void check_balance(const Recorder& r) { Balance(r).check(); }

}  // namespace npu::kit
