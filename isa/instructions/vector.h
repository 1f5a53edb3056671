// Instructions of the vector unit: UB x UB -> UB. Every operand is a 2-D view in row layout:
// address, pitch in bytes, and the extent rows x cols that all operands share. A source may also be
// one row, one column, one element or a register's value (Source). Destinations may overlap sources
// only where they coincide exactly.
//
// Instructions of one shape are one template over an operation tag; the tag carries the name, the
// opcode and the meaning, and the simulator overloads on it.
#pragma once

#include "isa/instructions/operands.h"

namespace npu {

// d = OP a
template <class R, class Op>
struct VectorUnary {
  static constexpr Info info = Op::info;
  Type type{};
  Source a_is{};
  R d{}, a{}, rows{}, cols{}, d_pitch{}, a_pitch{};
  Sync sync;
  static constexpr auto fields() {
    using S = VectorUnary;
    return std::tuple(field("type", &S::type, "element type"),
                      field("a_is", &S::a_is, "shape of a"), field("d", &S::d, "destination"),
                      field("a", &S::a, "source"), field("rows", &S::rows, "rows"),
                      field("cols", &S::cols, "columns"),
                      field("d_pitch", &S::d_pitch, "bytes between rows of d"),
                      optional_field("a_pitch", &S::a_pitch, "bytes between rows of a"),
                      field("sync", &S::sync, "waits and sets"));
  }
};

// d = a OP b
template <class R, class Op>
struct VectorBinary {
  static constexpr Info info = Op::info;
  Type type{};
  Source a_is{}, b_is{};
  R d{}, a{}, b{}, rows{}, cols{}, d_pitch{}, a_pitch{}, b_pitch{};
  Sync sync;
  static constexpr auto fields() {
    using S = VectorBinary;
    return std::tuple(field("type", &S::type, "element type"),
                      field("a_is", &S::a_is, "shape of a"), field("b_is", &S::b_is, "shape of b"),
                      field("d", &S::d, "destination"), field("a", &S::a, "first source"),
                      field("b", &S::b, "second source"), field("rows", &S::rows, "rows"),
                      field("cols", &S::cols, "columns"),
                      field("d_pitch", &S::d_pitch, "bytes between rows of d"),
                      optional_field("a_pitch", &S::a_pitch, "bytes between rows of a"),
                      optional_field("b_pitch", &S::b_pitch, "bytes between rows of b"),
                      field("sync", &S::sync, "waits and sets"));
  }
};

template <class R>
struct Vfma {
  static constexpr Info info{"vfma", 0x70, Unit::kVector, "d = a * b + c, one rounding in f32"};
  Type type{};
  Source a_is{}, b_is{}, c_is{};
  R d{}, a{}, b{}, c{}, rows{}, cols{}, d_pitch{}, a_pitch{}, b_pitch{}, c_pitch{};
  Sync sync;
  static constexpr auto fields() {
    using S = Vfma;
    return std::tuple(field("type", &S::type, "f32 or f16"), field("a_is", &S::a_is, "shape of a"),
                      field("b_is", &S::b_is, "shape of b"), field("c_is", &S::c_is, "shape of c"),
                      field("d", &S::d, "destination"), field("a", &S::a, "factor"),
                      field("b", &S::b, "factor"), field("c", &S::c, "addend"),
                      field("rows", &S::rows, "rows"), field("cols", &S::cols, "columns"),
                      field("d_pitch", &S::d_pitch, "bytes between rows of d"),
                      optional_field("a_pitch", &S::a_pitch, "of a"),
                      optional_field("b_pitch", &S::b_pitch, "of b"),
                      optional_field("c_pitch", &S::c_pitch, "of c"),
                      field("sync", &S::sync, "waits and sets"));
  }
};

// mask = a COND b. A mask holds bit c mod 8 of byte c / 8 for column c, row after row with its own
// pitch.
template <class R>
struct Vcmp {
  static constexpr Info info{"vcmp", 0x71, Unit::kVector,
                             "mask bit = a COND b; false where an operand is NaN, but ne is true"};
  Compare cond{};
  Type type{};
  Source a_is{}, b_is{};
  R d{}, a{}, b{}, rows{}, cols{}, d_pitch{}, a_pitch{}, b_pitch{};
  Sync sync;
  static constexpr auto fields() {
    using S = Vcmp;
    return std::tuple(field("cond", &S::cond, "condition"), field("type", &S::type, "element type"),
                      field("a_is", &S::a_is, "shape of a"), field("b_is", &S::b_is, "shape of b"),
                      field("d", &S::d, "mask"), field("a", &S::a, "first source"),
                      field("b", &S::b, "second source"), field("rows", &S::rows, "rows"),
                      field("cols", &S::cols, "columns"),
                      field("d_pitch", &S::d_pitch, "bytes between rows of the mask"),
                      optional_field("a_pitch", &S::a_pitch, "of a"),
                      optional_field("b_pitch", &S::b_pitch, "of b"),
                      field("sync", &S::sync, "waits and sets"));
  }
};

template <class R>
struct Vselect {
  static constexpr Info info{"vselect", 0x72, Unit::kVector, "d = mask bit ? a : b"};
  Type type{};
  Source a_is{}, b_is{};
  R d{}, mask{}, a{}, b{}, rows{}, cols{}, d_pitch{}, mask_pitch{}, a_pitch{}, b_pitch{};
  Sync sync;
  static constexpr auto fields() {
    using S = Vselect;
    return std::tuple(
        field("type", &S::type, "element type"), field("a_is", &S::a_is, "shape of a"),
        field("b_is", &S::b_is, "shape of b"), field("d", &S::d, "destination"),
        field("mask", &S::mask, "mask"), field("a", &S::a, "where 1"), field("b", &S::b, "where 0"),
        field("rows", &S::rows, "rows"), field("cols", &S::cols, "columns"),
        field("d_pitch", &S::d_pitch, "bytes between rows of d"),
        field("mask_pitch", &S::mask_pitch, "of the mask"),
        optional_field("a_pitch", &S::a_pitch, "of a"),
        optional_field("b_pitch", &S::b_pitch, "of b"), field("sync", &S::sync, "waits and sets"));
  }
};

template <class R>
struct Vband {
  static constexpr Info info{
      "vband", 0x73, Unit::kVector,
      "d = lo <= col - slope * row <= hi ? a : fill, signed integers in registers"};
  Type type{};
  R d{}, a{}, rows{}, cols{}, d_pitch{}, a_pitch{}, lo{}, hi{}, slope{}, fill{};
  Sync sync;
  static constexpr auto fields() {
    using S = Vband;
    return std::tuple(field("type", &S::type, "element type"), field("d", &S::d, "destination"),
                      field("a", &S::a, "source"), field("rows", &S::rows, "rows"),
                      field("cols", &S::cols, "columns"),
                      field("d_pitch", &S::d_pitch, "bytes between rows of d"),
                      field("a_pitch", &S::a_pitch, "of a"),
                      field("lo", &S::lo, "lowest col - slope * row kept"),
                      field("hi", &S::hi, "highest kept"),
                      field("slope", &S::slope, "columns the band moves a row"),
                      field("fill", &S::fill, "bits of the value outside"),
                      field("sync", &S::sync, "waits and sets"));
  }
};

// Row reductions give rows x 1, column reductions 1 x cols, in the type of the source (row_argmax:
// i32).
template <class R, class Op>
struct VectorReduce {
  static constexpr Info info = Op::info;
  Type type{};
  R d{}, a{}, rows{}, cols{}, d_pitch{}, a_pitch{};
  Sync sync;
  static constexpr auto fields() {
    using S = VectorReduce;
    return std::tuple(field("type", &S::type, "element type"), field("d", &S::d, "destination"),
                      field("a", &S::a, "source"), field("rows", &S::rows, "rows of a"),
                      field("cols", &S::cols, "columns of a"),
                      optional_field("d_pitch", &S::d_pitch, "bytes between rows of d"),
                      field("a_pitch", &S::a_pitch, "bytes between rows of a"),
                      field("sync", &S::sync, "waits and sets"));
  }
};

template <class R>
struct Vscan {
  static constexpr Info info{"vscan", 0x7c, Unit::kVector, "prefix sums along rows or columns"};
  Type type{};
  bool by_column = false;
  bool exclusive = false;
  R d{}, a{}, rows{}, cols{}, d_pitch{}, a_pitch{};
  Sync sync;
  static constexpr auto fields() {
    using S = Vscan;
    return std::tuple(
        field("type", &S::type, "element type"),
        field("by_column", &S::by_column, "down the columns instead of along the rows"),
        field("exclusive", &S::exclusive, "leave out the element itself"),
        field("d", &S::d, "destination"), field("a", &S::a, "source"),
        field("rows", &S::rows, "rows"), field("cols", &S::cols, "columns"),
        field("d_pitch", &S::d_pitch, "of d"), field("a_pitch", &S::a_pitch, "of a"),
        field("sync", &S::sync, "waits and sets"));
  }
};

template <class R>
struct Viota {
  static constexpr Info info{"viota", 0x7d, Unit::kVector,
                             "d[row, col] = start + col * col_step + row * row_step, i32"};
  R d{}, rows{}, cols{}, d_pitch{}, start{}, col_step{}, row_step{};
  Sync sync;
  static constexpr auto fields() {
    using S = Viota;
    return std::tuple(
        field("d", &S::d, "destination"), field("rows", &S::rows, "rows"),
        field("cols", &S::cols, "columns"), field("d_pitch", &S::d_pitch, "of d"),
        field("start", &S::start, "first value"), field("col_step", &S::col_step, "a column"),
        field("row_step", &S::row_step, "a row"), field("sync", &S::sync, "waits and sets"));
  }
};

template <class R>
struct Vconvert {
  static constexpr Info info{"vconvert", 0x7e, Unit::kVector, "d = a in another type"};
  Type to{}, from{};
  RoundMode round{};
  Source a_is{};
  R d{}, a{}, rows{}, cols{}, d_pitch{}, a_pitch{};
  Sync sync;
  static constexpr auto fields() {
    using S = Vconvert;
    return std::tuple(field("to", &S::to, "type of d"), field("from", &S::from, "type of a"),
                      field("round", &S::round, "rounding"), field("a_is", &S::a_is, "shape of a"),
                      field("d", &S::d, "destination"), field("a", &S::a, "source"),
                      field("rows", &S::rows, "rows"), field("cols", &S::cols, "columns"),
                      field("d_pitch", &S::d_pitch, "of d"),
                      optional_field("a_pitch", &S::a_pitch, "of a"),
                      field("sync", &S::sync, "waits and sets"));
  }
};

// d = OP(a, b) where the operation says what b and the extents mean: see each tag's text.
template <class R, class Op>
struct VectorShuffle {
  static constexpr Info info = Op::info;
  Type type{};
  R d{}, a{}, b{}, rows{}, cols{}, d_pitch{}, a_pitch{}, b_pitch{}, count{};
  Sync sync;
  static constexpr auto fields() {
    using S = VectorShuffle;
    return std::tuple(field("type", &S::type, "element type"), field("d", &S::d, "destination"),
                      field("a", &S::a, "source"), optional_field("b", &S::b, "second operand"),
                      field("rows", &S::rows, "rows"), field("cols", &S::cols, "columns"),
                      field("d_pitch", &S::d_pitch, "of d"), field("a_pitch", &S::a_pitch, "of a"),
                      optional_field("b_pitch", &S::b_pitch, "of b"),
                      optional_field("count", &S::count, "UB address of an i32 count, or a number"),
                      field("sync", &S::sync, "waits and sets"));
  }
};

#define NPU_VECTOR(Name, Family, mnemonic, opcode, ...)                       \
  struct Name##Op {                                                           \
    static constexpr Info info{mnemonic, opcode, Unit::kVector, __VA_ARGS__}; \
  };                                                                          \
  template <class R>                                                          \
  using Name = Family<R, Name##Op>;

NPU_VECTOR(Vcopy, VectorUnary, "vcopy", 0x50, "d = a; a register source fills")
NPU_VECTOR(Vabs, VectorUnary, "vabs", 0x51, "d = |a|")
NPU_VECTOR(Vneg, VectorUnary, "vneg", 0x52, "d = -a")
NPU_VECTOR(Vrelu, VectorUnary, "vrelu", 0x53, "d = max(a, 0)")
NPU_VECTOR(Vexp, VectorUnary, "vexp", 0x54, "d = e to the a")
NPU_VECTOR(Vln, VectorUnary, "vln", 0x55, "d = natural logarithm of a")
NPU_VECTOR(Vsqrt, VectorUnary, "vsqrt", 0x56, "d = square root of a")
NPU_VECTOR(Vrsqrt, VectorUnary, "vrsqrt", 0x57, "d = 1 / square root of a")
NPU_VECTOR(Vrec, VectorUnary, "vrec", 0x58, "d = 1 / a")
NPU_VECTOR(Vnot, VectorUnary, "vnot", 0x59, "d = bits of a inverted; u8, u32, i32, also for masks")
NPU_VECTOR(Vhash, VectorUnary, "vhash", 0x5a,
           "d = 32-bit random number that the counter a stands for, u32")

NPU_VECTOR(Vadd, VectorBinary, "vadd", 0x60, "d = a + b")
NPU_VECTOR(Vsub, VectorBinary, "vsub", 0x61, "d = a - b")
NPU_VECTOR(Vmul, VectorBinary, "vmul", 0x62, "d = a * b")
NPU_VECTOR(Vdiv, VectorBinary, "vdiv", 0x63, "d = a / b, floats only")
NPU_VECTOR(Vmax, VectorBinary, "vmax", 0x64, "d = the larger; NaN if an operand is NaN")
NPU_VECTOR(Vmin, VectorBinary, "vmin", 0x65, "d = the smaller; NaN if an operand is NaN")
NPU_VECTOR(Vand, VectorBinary, "vand", 0x66, "d = a & b, integers and masks (u8)")
NPU_VECTOR(Vor, VectorBinary, "vor", 0x67, "d = a | b, integers and masks (u8)")
NPU_VECTOR(Vxor, VectorBinary, "vxor", 0x68, "d = a ^ b, integers and masks (u8)")
NPU_VECTOR(Vshl, VectorBinary, "vshl", 0x69, "d = a << (b mod width), integers")
NPU_VECTOR(Vshr, VectorBinary, "vshr", 0x6a,
           "d = a >> (b mod width), integers; the sign of signed types enters")

NPU_VECTOR(VrowSum, VectorReduce, "vrow_sum", 0x74,
           "d[row] = sum of the row in the documented tree")
NPU_VECTOR(VrowMax, VectorReduce, "vrow_max", 0x75, "d[row] = largest of the row")
NPU_VECTOR(VrowMin, VectorReduce, "vrow_min", 0x76, "d[row] = smallest of the row")
NPU_VECTOR(VrowAbsmax, VectorReduce, "vrow_absmax", 0x77, "d[row] = largest magnitude of the row")
NPU_VECTOR(VrowArgmax, VectorReduce, "vrow_argmax", 0x78,
           "d[row] = column of the largest, the first of equals, i32")
NPU_VECTOR(VcolSum, VectorReduce, "vcol_sum", 0x79,
           "d[col] = sum of the column, rows in ascending order")
NPU_VECTOR(VcolMax, VectorReduce, "vcol_max", 0x7a, "d[col] = largest of the column")
NPU_VECTOR(Vcount, VectorReduce, "vcount", 0x7b,
           "d[row] = number of 1 bits of the mask's row, i32; type is ignored")

NPU_VECTOR(Vtranspose, VectorShuffle, "vtranspose", 0x80,
           "d (cols x rows) = a (rows x cols) transposed")
NPU_VECTOR(Vzip, VectorShuffle, "vzip", 0x81, "d[r, 2c] = a[r, c], d[r, 2c+1] = b[r, c]")
NPU_VECTOR(Vunzip, VectorShuffle, "vunzip", 0x82,
           "d[r, c] = a[r, 2c], b[r, c] = a[r, 2c+1]: b is a second destination")
NPU_VECTOR(Vgather, VectorShuffle, "vgather", 0x83,
           "d[r, c] = element b[r, c] (i32) of the flat array at a, count elements long; out of it "
           "is a fault")
NPU_VECTOR(VgatherRows, VectorShuffle, "vgather_rows", 0x84,
           "d row i = a row b[i]; b is an i32 row of `rows` entries, a has count rows")
NPU_VECTOR(
    Vscatter, VectorShuffle, "vscatter", 0x85,
    "element b[r, c] (i32) of the flat array at d, count long, = a[r, c]; nothing where it is "
    "negative, the last of equals stays")
NPU_VECTOR(
    Vcompress, VectorShuffle, "vcompress", 0x86,
    "d, one row of rows * cols = the elements of a, row after row, whose mask bit in b is 1, "
    "then zeros; their number, i32, to UB at count")
NPU_VECTOR(Vsort, VectorShuffle, "vsort", 0x87,
           "each 32 (value, i32 index) pairs of a row in order: value descending, then index "
           "ascending, NaN first; f32 or i32, cols counts pairs")
NPU_VECTOR(
    Vmerge, VectorShuffle, "vmerge", 0x88,
    "row of d = the first count pairs (0: all) of 4 sorted lists of cols pairs in the row of "
    "a, b_pitch bytes apart (0: closed up)")
NPU_VECTOR(Vhistogram, VectorShuffle, "vhistogram", 0x89,
           "d[x] += 1, i32, for every x of a (i32 or u8) from 0 to below count")
#undef NPU_VECTOR

}  // namespace npu
