// Recorder: the state of a kernel while its body is being written down.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "isa/program/program.h"
#include "kernels/kit/objects.h"
#include "kernels/kit/tree.h"

namespace npu::kit {

// for (variable = first; variable < limit; variable += step)
struct LoopHeader {
  Int variable, first, limit, step;
};

class Recorder {
 public:
  Recorder(std::string name, const Limits& limits);

  // Throws InputError: "<file>:<line>: kernel <name>: <problem>".
  [[noreturn]] void fail(Where at, const std::string& problem) const;

  // Scalars.
  int add_cell(CellInfo info);
  void assign(int cell, const Expr& value);
  Expr read_cell(int cell);
  // The expression with every Dim in it replaced by its value at this moment.
  Int now(const Int& value);
  Int dim_value(int dim);
  Int csr(Csr which) const;

  // Statements.
  void append(Stmt stmt);
  // Gives the stamp of its beginning.
  int64_t begin_block(std::optional<LoopHeader> loop = std::nullopt);
  Block end_block();
  int64_t stamp() const { return stamp_; }
  int64_t scope() const { return scopes_.back().id; }
  size_t depth() const { return blocks_.size(); }
  // The loops opened since `scope`, outermost first; none if a condition is among them.
  std::optional<std::vector<LoopHeader>> loops_since(int64_t scope) const;
  // True if the scope is open: what was recorded in it has been computed here.
  bool is_open(int64_t scope) const;
  void require_top(Where at, const std::string& what) const;
  // Moves the recorded body to `root`.
  void finish_body();

  // Leases.
  int begin_lease(const Lease& lease, Where at);
  void end_lease(int lease);
  // The slot of an open lease.
  TileInfo slot(int lease);
  // True if a pop takes data that came through GM, so that it must be landed first.
  bool lands(const Lease& lease) const;
  // Loads a piece of an open lease of such a link into the landing ring.
  void land(int link_lease, int64_t piece, Where at);
  // Takes the oldest piece from the landing ring.
  int begin_landed(int link_lease, int64_t piece, Where at);
  // The part of `rows`, of a slot of `capacity` rows, that is this vector core's.
  Int share(const Int& rows, int64_t capacity) const;

  // The core that prints: the vector cores if the kernel uses them.
  Core print_core() const { return vector_verbs_ ? Core::kVector : Core::kCube; }

  int add_object(std::string name, Mem mem, int64_t bytes);
  // That of the ring or buffer a tile of a local memory was cut from.
  int object_of(const TileInfo& tile) const;

  std::string name;
  Limits limits;
  Where where;  // of the verb at work
  std::vector<Parameter> parameters;
  std::vector<Workspace> workspaces;
  std::deque<DimInfo> dims;
  std::vector<CellInfo> cells;
  std::deque<RingInfo> rings;
  std::vector<BufferInfo> buffers;
  std::vector<ObjectInfo> objects;
  std::vector<std::pair<int, int>> read_together;  // objects, by one vector instruction each
  std::vector<LeaseInfo> leases;
  std::vector<LoopInfo> loops;
  int reads = 0;
  std::deque<Ring> ring_handles;
  std::deque<Link> link_handles;
  Block root;  // after the body is complete

 private:
  Expr slot_address(int ring, End end);

  std::vector<Block> blocks_;
  struct Scope {
    int64_t id;
    std::optional<LoopHeader> loop;
  };
  std::vector<Scope> scopes_;
  int64_t next_scope_ = 0;
  int64_t stamp_ = 0;
  bool vector_verbs_ = false;
};

// The part of a path below the repository, or the path as the compiler saw it.
std::string repository_path(const char* file);

}  // namespace npu::kit
