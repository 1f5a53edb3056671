// Where each value of a core is computed: before the first statement that needs it, in the
// outermost body in which everything it is made of is known.
#pragma once

#include <map>
#include <set>
#include <unordered_map>
#include <vector>

#include "kernels/kit/lower/core_tree.h"
#include "kernels/kit/lower/recipe.h"

namespace npu::kit {

// In front of an item of a body.
struct Point {
  int scope = 0;
  size_t index = 0;
  friend auto operator<=>(const Point&, const Point&) = default;
};

// What an item computes with, in registers.
struct ItemUses {
  std::vector<ValueId> registers;  // values it reads
  std::vector<ValueId> direct;     // values it computes itself, by their recipe
};

class Placement {
 public:
  // `local` values are not kept: every use computes them anew.
  Placement(const Recorder& recorder, Resolver& resolver, const Items& items,
            const std::set<ValueId>& local);

  // Values to compute in front of an item, in order.
  const std::vector<ValueId>& at(const Point& point) const;
  bool is_local(ValueId id) const { return local_.count(id) != 0; }
  // A cell's class that is used after the cell has moved on, and so has been copied.
  bool is_copied(ValueId id) const { return copied_.count(id) != 0; }
  double weight(ValueId id) const;
  ItemUses uses_of(const Item& item) const;
  // The values that a condition comes down to: all must hold. Comparisons are made by the branch.
  std::vector<ValueId> tests_of(ValueId condition) const;
  // Cells in use that follow Dims: they start as the capacity.
  const std::set<int>& cells() const { return cells_; }

 private:
  struct Body {
    const Items* items = nullptr;
    Point parent;  // the item whose body it is
  };
  void enter(const Items& items, int scope, Point parent);
  void collect(const Items& items, int scope);
  void use(ValueId id, Point at);
  void order(ValueId id, std::set<ValueId>& seen);
  void place(ValueId id);
  // The item of `scope` that contains the point.
  Point rise(Point point, int scope) const;
  bool inside(int scope, int outer) const;
  int64_t stamp_at(const Point& point) const;
  // The stamp at which the first of the cells in a value moves on.
  int64_t expiry(ValueId id);
  double weight_of(int scope) const;

  const Recorder& r_;
  Resolver& resolver_;
  const std::set<ValueId>& local_;
  std::map<int, Body> bodies_;  // by scope
  std::unordered_map<ValueId, std::vector<Point>> uses_;
  std::vector<ValueId> children_first_;
  std::set<ValueId> copied_;
  std::set<int> cells_;
  std::map<Point, std::vector<ValueId>> at_;
  std::unordered_map<ValueId, double> weights_;
  std::unordered_map<ValueId, int64_t> expiry_;
};

}  // namespace npu::kit
