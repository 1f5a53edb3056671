// Kernel: records one body and lowers it to a Program with the code of both kinds of core.
//
// A kernel is a function (Limits, constants) -> Program that makes a Kernel, declares arguments,
// extents and memory, records its body with verbs and control flow, and returns `finish()`. A verb
// belongs to the core of its unit; control flow and scalars are replicated where they are needed.
// Everything wrong with a kernel is an InputError that names the kernel and the line.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include "isa/instructions/operands.h"
#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/kit/dim.h"
#include "kernels/kit/element_type.h"
#include "kernels/kit/prefetch.h"
#include "kernels/kit/ring.h"
#include "kernels/kit/scalar.h"
#include "kernels/kit/signal.h"
#include "kernels/kit/tensor.h"
#include "kernels/kit/tile.h"
#include "kernels/kit/vec.h"

namespace npu {

// Who shares something out, or owns it: the groups of the chip, every vector core of it, the chip.
enum class Per : uint8_t { kGroup, kVector, kChip };

struct LoadOptions {
  Hint hint = Hint::kKeep;
};

struct MmaOptions {
  std::optional<Src> bias =
      std::nullopt;         // (1, n) in Mem::kBias; an overwriting mma starts from it
  bool accumulate = false;  // the first mma of the lease adds to what the slot holds
};

struct DrainOptions {
  std::optional<F32> scale = std::nullopt;
  std::optional<Src> column_scale = std::nullopt;  // (1, n) f32 in Mem::kTable
  Activation activation = Activation::kNone;
  F32 slope = 0;  // of leaky
  Atomic atomic = Atomic::kNone;
};

struct StoreOptions {
  Atomic atomic = Atomic::kNone;
};

struct TaskOptions {
  Per per = Per::kGroup;  // kVector: each vector core draws its own tasks (no cube verbs inside)
};

// One stage of a software pipeline: `body(j)` runs `skew` turns after turn j.
struct Stage {
  int skew = 0;
  std::function<void(Int)> body;
};

class Kernel {
 public:
  Kernel(std::string name, const Limits& machine);
  ~Kernel();
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  const Limits& machine() const;

  // Arguments of a launch, in the order of these calls.
  Int arg(std::string name, Where at = Where::here());
  F32 argf(std::string name, Where at = Where::here());
  // A scaled tensor is two arguments, NAME and NAME_scale.
  Tensor tensor(std::string name, ElementType type, std::initializer_list<TensorDim> dims,
                Where at = Where::here());
  // GM memory that the runtime provides, of a size known at build time. `per` is kGroup or kChip.
  Tensor workspace(std::string name, Type type, std::initializer_list<int64_t> dims,
                   Per per = Per::kGroup, bool zeroed = false, Where at = Where::here());

  // So many counters on every chip.
  Signal signal(std::string name, int64_t count, Where at = Where::here());

  // Extents and local memory. Shapes are (rows, cols); in L0B (n, k). A buffer lies in UB and is
  // for the vector unit alone.
  Dim dim(std::string name, int64_t max, Where at = Where::here());
  Tile buffer(std::string name, Type type, std::array<Extent, 2> shape, Where at = Where::here());
  // A scaled ring lies in L1, L0A or L0B.
  Ring& ring(std::string name, Mem mem, ElementType type, std::array<Extent, 2> shape, int depth,
             Where at = Where::here());
  // A ring in L1 with the scales alone that slots of that shape have, for values that come in slots
  // of their own (Tile::scaled_by): rows of scales are short, and each one loaded costs time.
  Ring& scale_ring(std::string name, ElementType type, std::array<Extent, 2> shape, int depth,
                   Where at = Where::here());
  Link& link(std::string name, Dir dir, Type type, std::array<Extent, 2> shape,
             const LinkOptions& options = {}, Where at = Where::here());

  // Scalars.
  [[nodiscard]] Var var(const Int& value, Where at = Where::here());
  Scalar read(const Element& element, Where at = Where::here());
  // The first element of a tile of UB, once the vector unit has finished what it was given. Only
  // for scalars of the vector cores.
  Scalar read(const Tile& tile, Where at = Where::here());
  Int group() const;
  Int groups() const;
  Int vector() const;   // 0 .. vectors() - 1, on a vector core
  int vectors() const;  // of a group
  Int chip() const;
  Int chips() const;

  // Control flow.
  using Body = std::function<void()>;
  using IntBody = std::function<void(Int)>;
  // body(0) .. body(count - 1)
  void loop(std::string name, const Int& count, const IntBody& body, Where at = Where::here());
  // body(i) for each tile of `extent`; `dim` is clipped to the tile.
  void tiles(std::string name, const Int& extent, const Dim& dim, const IntBody& body,
             Where at = Where::here());
  // A pipeline over the tiles of `extent`: in each turn every stage runs, in the order given, on
  // the tile that it is at; `dim` is clipped to that tile.
  void stages(std::string name, const Int& extent, const Dim& dim,
              std::initializer_list<Stage> stages, Where at = Where::here());
  void when(const Cond& condition, const Body& body, Where at = Where::here());
  // item(0) .. item(count - 1), loads alone, `distance` turns ahead of what uses them: so many
  // here, one at each `next`. At most as many as the rings that they push have slots.
  [[nodiscard]] Prefetch prefetch(std::string name, const Int& count, int distance,
                                  const IntBody& item, Where at = Where::here());

  // Work. Tasks 0 .. count - 1 are dealt round robin to the groups (or vector cores).
  void tasks(const Int& count, const IntBody& body, const TaskOptions& options = {},
             Where at = Where::here());
  // As tasks, but carries on where the last deal with this turn stopped; start the turn at 0.
  void deal(Var& turn, const Int& count, const IntBody& body, Where at = Where::here());
  // (i % n, i / n), and so on for more factors: the first varies fastest.
  template <class... Ns>
  std::array<Int, sizeof...(Ns) + 1> split(Int i, const Ns&... ns) const {
    std::array<Int, sizeof...(Ns) + 1> parts;
    size_t at = 0;
    ((parts[at++] = i % Int(ns), i = i / Int(ns)), ...);
    parts[at] = i;
    return parts;
  }
  // This vector core's part of a Dim's rows, of a slot's rows of a view.
  Dim share(const Dim& dim, Where at = Where::here());
  View share(const View& view) const;

  // Scopes: the leases are held from the first instruction of the body that touches them to the
  // last.
  void use(const Lease& a, const std::function<void(Tile)>& body, Where at = Where::here());
  void use(const Lease& a, const Lease& b, const std::function<void(Tile, Tile)>& body,
           Where at = Where::here());
  void use(const Lease& a, const Lease& b, const Lease& c,
           const std::function<void(Tile, Tile, Tile)>& body, Where at = Where::here());
  void use(const Lease& a, const Lease& b, const Lease& c, const Lease& d,
           const std::function<void(Tile, Tile, Tile, Tile)>& body, Where at = Where::here());
  // The slot in pieces of rows (LinkOptions::piece): body(tile, rows of this core's part).
  void pieces(const Lease& lease, const std::function<void(Tile, Rows)>& body,
              Where at = Where::here());

  // Movement. Extents are the smaller of the two sides'. The scales of a scaled slot move with its
  // values.
  void load(const Dst& to, const View& from, const LoadOptions& options = {},
            Where at = Where::here());
  void fill(const Dst& to, const Operand& value, Where at = Where::here());  // by the load unit
  // e2m1 widens to e4m3 and i4 to i8 where the target asks for it.
  void feed(const Dst& to, const Src& from, Where at = Where::here());
  void feed_bias(const Dst& to, const Src& from, Where at = Where::here());
  void feed_table(const Dst& to, const Src& from, Where at = Where::here());
  // c (m, n) = a (m, k) b (k, n). The first mma of a lease of c overwrites, the rest accumulate.
  // Scaled operands are multiplied by their scales in the cube; their types may differ.
  void mma(const Dst& c, const Src& a, const Src& b, const MmaOptions& options = {},
           Where at = Where::here());
  // Converts to the type of the target.
  void drain(const Dst& to, const Src& from, const DrainOptions& options = {},
             Where at = Where::here());
  void drain(const View& to, const Src& from, const DrainOptions& options = {},
             Where at = Where::here());
  void store(const View& to, const Src& from, const StoreOptions& options = {},
             Where at = Where::here());
  void store(const Dst& to, const Src& from, const StoreOptions& options = {},
             Where at = Where::here());

  // Signals, of the cube core's drain or the vector cores' load or store. A set adds `count` once
  // what the unit was given before is visible to all; a wait lets the unit go on when the counter
  // has `count`, and takes them.
  void set(const Counter& counter, Unit after, const Int& count = 1, Where at = Where::here());
  void wait(const Counter& counter, Unit before, const Int& count = 1, Where at = Where::here());

  // Waits until every core of the launch is here and everything written is visible.
  void barrier(Where at = Where::here());
  void print(std::string text, const Int& value, Where at = Where::here());

  // Checks the kernel and lowers it. Throws InputError with what is wrong; the kernel is used up.
  Program finish();

 private:
  void load_scales(const Tile& to, const View& from, Where at);
  void feed_values(const Dst& to, const Src& from, Where at);
  void feed_scales(const Tile& to, const Tile& from, Where at);

  std::unique_ptr<kit::Recorder> recorder_;

 public:
  Vec vec;
};

}  // namespace npu
