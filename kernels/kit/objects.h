// What the handles of the kit's API stand for: extents, tensors, rings, tiles and leases as the
// recorder keeps them.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "isa/instructions/operands.h"
#include "isa/limits/limits.h"
#include "isa/types.h"
#include "kernels/kit/expr.h"
#include "kernels/kit/ring.h"
#include "kernels/kit/tensor.h"

namespace npu::kit {

enum class Core : uint8_t { kCube, kVector };

struct DimInfo {
  std::string name;
  int64_t capacity = 0;
  int cell = -1;    // of its current value
  int shared = -1;  // the Dim whose share this is, or -1
};

// A mutable scalar, in one register of each core that needs it: a Var, a Dim's value, the address
// of a ring's slot, the accumulate switch of an mma.
struct CellInfo {
  std::string name;
  bool follows = false;  // a Dim: readers use the assigned expression where only one can be meant
  int64_t initial = 0;   // of a Dim: its capacity
};

struct TensorInfo {
  Recorder* recorder = nullptr;
  std::string name;
  Type type{};
  std::vector<Int> dims;
  std::vector<Int> strides;  // in elements; the last is 1
  Expr base;                 // GM address of the first byte of the argument or workspace
  Int offset;                // elements from base
  int parameter = -1;        // its number, or -1 for a workspace
  bool tiled = false;        // rows and columns in the order of native tiles
  std::shared_ptr<const TensorInfo> scales;  // of a scaled tensor: the plane
  ScaleBlock block;
};

struct SignalInfo {
  Recorder* recorder = nullptr;
  std::string name;
  Int address;  // of the first counter, or of the one
};

// The same address of GM on another chip, as an argument or a workspace lies on all of them.
Int on_chip(const Recorder& recorder, const Int& address, const Int& chip);

struct ViewInfo {
  enum class Kind : uint8_t { kWhole, kTile, kFrom, kGather };
  std::shared_ptr<const TensorInfo> tensor;
  Kind kind{};
  Int row, col;         // tile numbers (kTile) or first row and column (kFrom)
  bool shared = false;  // this vector core's part of the rows
  std::shared_ptr<const TensorInfo> list;
  Int count;
};

// Where a matrix lies in a memory.
struct Geometry {
  Layout layout{};
  int64_t pitch = 0;  // bytes between rows, or columns of native tiles
  int64_t bytes = 0;
};

// The layout that `mem` gives to rows x cols of `type`.
Geometry geometry(const Limits& limits, Mem mem, Type type, int64_t rows, int64_t cols);

// The plane of scales that a scaled slot holds behind its values: in L1 one for each block, column
// after column; in L0 one for each row and 32 of K, packed.
struct ScaleTile {
  ScaleBlock block;
  Int address;
  int64_t pitch = 0;  // bytes between columns
  int lease = -1;     // that the plane belongs to
};

// Where the plane of a slot of rows x cols lies, and the bytes of both.
struct ScaleGeometry {
  int64_t offset = 0, pitch = 0, slot_bytes = 0;
};
ScaleGeometry scale_geometry(const Limits& limits, Mem mem, Type type, const ScaleBlock& block,
                             int64_t rows, int64_t cols);

struct TileInfo {
  Recorder* recorder = nullptr;
  std::string name;  // of its ring or buffer
  Mem mem{};
  Type type{};
  Layout layout{};
  int64_t pitch = 0;
  Int address;
  Int rows, cols;  // current extents
  int64_t max_rows = 0, max_cols = 0;
  Int row0, col0;     // where it begins in its slot, over all vector cores
  int lease = -1;     // lease it belongs to, or -1
  int buffer = -1;    // buffer it belongs to, or -1
  bool whole = true;  // the whole slot
  bool transposed = false;
  int64_t split = 0;  // a drain to UB gives this many rows to each vector core
  std::optional<ScaleTile> scales;
  bool scales_only = false;  // of a ring of planes without values
};

struct BufferInfo {
  std::string name;
  int object = -1;
};

// A run of bytes of one memory; addresses are given at finish().
struct ObjectInfo {
  std::string name;
  Mem mem{};
  int64_t bytes = 0;
  int64_t align = 0;
  int64_t address = 0;
};

// What the last push put into a slot: the extent that a pop of a ring of constant shape sees.
struct Content {
  Int rows, cols;
  int64_t scope = 0;
};

struct RingInfo {
  std::string name;
  Mem mem{};
  Type type{};
  std::array<std::optional<Extent>, 2> shape;
  int depth = 1;
  Where where;
  int64_t slot_bytes = 0;
  Layout layout{};
  int64_t pitch = 0;
  int object = -1;              // its memory, or -1 in GM
  int workspace = -1;           // its GM workspace, or -1
  int cells[3] = {-1, -1, -1};  // slot address of push, pop, peek; -1: depth 1
  bool handover = false;
  bool row_layout = false;          // L1 slots read by feed_bias or feed_table
  std::optional<ScaleBlock> block;  // of a scaled ring
  bool scales_only = false;
  ScaleGeometry scales;
  // A link: between cores.
  bool link = false;
  Dir dir{};
  int64_t piece = 0;  // rows of a piece
  int landing = -1;   // the ring that its slots land in, or -1 on a direct path
  std::deque<Content> contents;
  int held[2] = {0, 0};  // open leases of push and of pop
  int peeked = 0;        // leases of `peek` that no pop has followed yet
  bool uses_peek = false;
};

struct LeaseInfo {
  int ring = -1;
  End end{};
  Where where;
  bool open = true;
  int64_t scope = 0;
  Expr address;
  std::optional<Content> content;  // of a push: what was written; of a pop: what is in the slot
  std::optional<Int> row0;         // of a landed piece: its first row in the link's slot
  // Of an L0C push: how its mmas tell the first from the others.
  enum class Accumulate : uint8_t { kAfterFirst, kCell };
  Accumulate accumulate{};
  int mma_count = 0;
  bool handover = false;  // its one mma stands in nothing but loops
  int accumulate_cell = -1;
};

}  // namespace npu::kit
