// Cells over time. Between two assignments a cell belongs to one class; where control flow joins, a
// class of its own begins. An expression means the class that was current where it was written.
//
// This is what lets the kit tell which expressions are the same value, where the earliest place to
// compute one is, and which loops leave it alone.
#pragma once

#include <map>
#include <unordered_map>
#include <vector>

#include "kernels/kit/lower/values.h"
#include "kernels/kit/recorder.h"

namespace npu::kit {

// A body of a loop or condition; 0 is the kernel's.
struct ScopeInfo {
  int parent = -1;
  int depth = 0;
  bool loop = false;
  int64_t begin = 0, end = 0;  // stamps
};

// A place in the recorded order: behind the statement with that stamp, in that scope.
struct Place {
  int scope = 0;
  int64_t stamp = 0;
};

struct ClassInfo {
  int cell = -1;
  Place start;
  int64_t end = 0;  // the stamp at which another class of the cell begins
};

class Resolver {
 public:
  explicit Resolver(const Recorder& recorder);

  // The value of an expression.
  ValueId value(const Expr& e);
  // Where everything in a value is known: the innermost scope and the latest stamp in it.
  Place ready(ValueId id);

  Values values;
  std::vector<ScopeInfo> scopes;
  std::vector<ClassInfo> classes;

 private:
  struct Change {
    int64_t stamp;
    int klass;
  };
  void walk(const Block& block, int scope);
  void walk_body(const Stmt& stmt, const Block& body, int scope, bool loop);
  void change(int cell, Place start);
  ValueId cell_value(int cell, int64_t stamp);
  ValueId make(const Expr& e);

  const Recorder& recorder_;
  std::vector<std::vector<Change>> changes_;  // by cell
  std::map<int, Expr> assigned_;              // by class
  std::map<int64_t, Place> read_places_;
  std::map<int64_t, const Loop*> loops_;
  std::map<int64_t, Place> loop_places_;
  std::unordered_map<const Node*, std::pair<Expr, ValueId>> known_;  // the Expr keeps it alive
  std::unordered_map<ValueId, Place> ready_;
};

}  // namespace npu::kit
