// The operands of every command as views: declared once, used by validate and footprint. Extents
// must not be 0 and types must be legal. Private to sim/functional.
#pragma once

#include "isa/instructions/instruction.h"
#include "sim/functional/view.h"

namespace npu::detail {

// Geometry of a tile of fractals of `type` in L1, L0A or L0B, and of the 4-byte tiles of L0C.
struct TileShape {
  uint64_t rows;
  uint64_t row_bytes;
  uint64_t cols;  // elements of a row
  uint64_t bytes() const { return rows * row_bytes; }
};
TileShape tile_shape(const Limits& limits, Type type);
TileShape sum_tile_shape(const Limits& limits);

// `pitch`, or for 0 that of packed tiles.
uint64_t fractal_pitch(const TileShape& tile, uint64_t rows, uint64_t pitch);

// The same of a plane of scales with that many rows.
uint64_t scale_pitch(const Limits& limits, uint64_t rows, uint64_t pitch);

// The 8-bit type that feed widens a 4-bit one to.
constexpr Type widened(Type type) { return type == Type::kE2m1 ? Type::kE4m3 : Type::kI8; }

// Rows or columns that a scale serves; 0 stands for 1.
constexpr uint64_t at_least_one(uint64_t repeat) { return repeat == 0 ? 1 : repeat; }

// Calls visit(name, extent) for the operands that are extents.
template <class C, class Visit>
void visit_extents(const C& c, Visit visit) {
  if constexpr (requires { c.rows; }) visit("rows", c.rows);
  if constexpr (requires { c.cols; }) visit("cols", c.cols);
  if constexpr (requires { c.m; }) visit("m", c.m);
  if constexpr (requires { c.n; }) visit("n", c.n);
  if constexpr (requires { c.k; }) visit("k", c.k);
}

// A command with an extent of 0 moves and computes nothing.
template <class C>
bool is_empty(const C& c) {
  bool empty = false;
  visit_extents(c, [&](const char*, uint64_t extent) { empty = empty || extent == 0; });
  return empty;
}

constexpr uint64_t ceil_div(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

// First row a drain gives to a vector core and the number of them.
struct RowShare {
  int core;  // 1..
  uint64_t first, rows;
};
RowShare share_of(const Drain<Value>& drain, int vector);

// Rows that a fractal load pads with zeros behind its last one.
uint64_t padding_rows(const TileShape& tile, uint64_t address, uint64_t rows);

Operands operands(const Place& place, const Set<Value>& command);
Operands operands(const Place& place, const Wait<Value>& command);
Operands operands(const Place& place, const SetWord<Value>& command);
Operands operands(const Place& place, const WaitWord<Value>& command);
Operands operands(const Place& place, const Load<Value>& command);
Operands operands(const Place& place, const LoadRows<Value>& command);
Operands operands(const Place& place, const Fill<Value>& command);
Operands operands(const Place& place, const Feed<Value>& command);
Operands operands(const Place& place, const FeedScale<Value>& command);
Operands operands(const Place& place, const FeedBias<Value>& command);
Operands operands(const Place& place, const FeedTable<Value>& command);
Operands operands(const Place& place, const Drain<Value>& command);
Operands operands(const Place& place, const Store<Value>& command);
Operands operands(const Place& place, const StoreRows<Value>& command);
Operands operands(const Place& place, const Mma<Value>& command);
Operands operands(const Place& place, const MmaScaled<Value>& command);

// An operand of a vector instruction: `row_bytes` may be those of elements or of mask bits.
View ub_view(const Place& place, const char* name, bool write, uint64_t base, uint64_t rows,
             uint64_t row_bytes, uint64_t pitch, uint64_t align);

// Adds a source of the given shape; a register source is none.
void add_source(Operands& result, const Place& place, const char* name, Source shape, Type type,
                uint64_t base, uint64_t rows, uint64_t cols, uint64_t pitch);

inline View ub_tile(const Place& place, const char* name, bool write, Type type, uint64_t base,
                    uint64_t rows, uint64_t cols, uint64_t pitch) {
  const auto align = static_cast<uint64_t>(bytes_of(type, 1));
  return ub_view(place, name, write, base, rows, bytes_of(type, cols), pitch, align);
}

template <class Op>
Operands operands(const Place& place, const VectorUnary<Value, Op>& c) {
  Operands result;
  add_source(result, place, "a", c.a_is, c.type, c.a, c.rows, c.cols, c.a_pitch);
  result.add(ub_tile(place, "d", true, c.type, c.d, c.rows, c.cols, c.d_pitch));
  return result;
}

template <class Op>
Operands operands(const Place& place, const VectorBinary<Value, Op>& c) {
  Operands result;
  add_source(result, place, "a", c.a_is, c.type, c.a, c.rows, c.cols, c.a_pitch);
  add_source(result, place, "b", c.b_is, c.type, c.b, c.rows, c.cols, c.b_pitch);
  result.add(ub_tile(place, "d", true, c.type, c.d, c.rows, c.cols, c.d_pitch));
  return result;
}

Operands operands(const Place& place, const Vfma<Value>& command);
Operands operands(const Place& place, const Vcmp<Value>& command);
Operands operands(const Place& place, const Vselect<Value>& command);
Operands operands(const Place& place, const Vband<Value>& command);
Operands operands(const Place& place, const Vscan<Value>& command);
Operands operands(const Place& place, const Viota<Value>& command);
Operands operands(const Place& place, const Vconvert<Value>& command);
Operands operands(const Place& place, const VcolSum<Value>& command);
Operands operands(const Place& place, const VcolMax<Value>& command);
Operands operands(const Place& place, const VrowArgmax<Value>& command);
Operands operands(const Place& place, const Vcount<Value>& command);
Operands operands(const Place& place, const Vtranspose<Value>& command);
Operands operands(const Place& place, const Vzip<Value>& command);
Operands operands(const Place& place, const Vunzip<Value>& command);
Operands operands(const Place& place, const Vgather<Value>& command);
Operands operands(const Place& place, const VgatherRows<Value>& command);
Operands operands(const Place& place, const Vscatter<Value>& command);
Operands operands(const Place& place, const Vcompress<Value>& command);
Operands operands(const Place& place, const Vsort<Value>& command);
Operands operands(const Place& place, const Vmerge<Value>& command);
Operands operands(const Place& place, const Vhistogram<Value>& command);

// Bytes of a (value, index) pair, and how many of them a vmerge gives a row.
inline constexpr uint64_t kPairBytes = 8;
inline constexpr uint64_t kMergedLists = 4;
constexpr uint64_t merged_pairs(const Vmerge<Value>& c) {
  const uint64_t all = kMergedLists * c.cols;
  return c.count == 0 || c.count > all ? all : c.count;
}

// Row reductions to one element of the same type.
template <class Op>
Operands operands(const Place& place, const VectorReduce<Value, Op>& c) {
  Operands result;
  result.add(ub_tile(place, "a", false, c.type, c.a, c.rows, c.cols, c.a_pitch));
  result.add(ub_tile(place, "d", true, c.type, c.d, c.rows, 1, c.d_pitch));
  return result;
}

}  // namespace npu::detail
