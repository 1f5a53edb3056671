// Instructions that move tiles: load (GM -> L1 | UB), feed (L1 -> L0), drain (L0C -> GM | L1 | UB),
// store (UB -> GM | L1).
//
// Extents count elements of `type`; pitches and addresses count bytes. GM addresses are 64-bit and
// name their chip in bits 48..63. GM is always row-major with its own pitch. An extent of 0 moves
// nothing but still waits and sets. In a fractal layout the byte offset of row r is r *
// fractal_row_bytes, so load and store may address any row; columns must start at a multiple of
// fractal_row_bytes of elements.
#pragma once

#include "isa/instructions/operands.h"

namespace npu {

template <class R>
struct Load {
  static constexpr Info info{
      "load", 0x30, Unit::kLoad,
      "copy planes x rows x cols from GM into L1 or UB; fractal pads with zeros to native tiles"};
  Mem to = Mem::kL1;  // kL1 on the cube core, kUb on a vector core
  Type type{};
  Layout layout{};
  Hint hint{};
  R dst{}, src{}, rows{}, cols{}, dst_pitch{}, src_pitch{}, planes{}, dst_plane{}, src_plane{};
  Sync sync;
  static constexpr auto fields() {
    return std::tuple(
        field("to", &Load::to, "l1 or ub"), field("type", &Load::type, "element type"),
        field("layout", &Load::layout,
              "row, fractal (row-major GM), tiled (GM in fractal order) or scale (1-byte types)"),
        field("hint", &Load::hint, "keep or stream in L2"),
        field("dst", &Load::dst, "local address"), field("src", &Load::src, "GM address"),
        field("rows", &Load::rows, "rows a plane"), field("cols", &Load::cols, "elements a row"),
        field("dst_pitch", &Load::dst_pitch,
              "bytes between rows (row), columns of tiles (fractal) or columns (scale)"),
        field("src_pitch", &Load::src_pitch, "bytes between rows in GM"),
        optional_field("planes", &Load::planes, "planes; 0 means 1"),
        optional_field("dst_plane", &Load::dst_plane, "bytes between planes, local"),
        optional_field("src_plane", &Load::src_plane, "bytes between planes in GM"),
        field("sync", &Load::sync, "waits and sets"));
  }
};

template <class R>
struct LoadRows {
  static constexpr Info info{"load_rows", 0x31, Unit::kLoad,
                             "row i = row list[i] of a GM table, zeros where list[i] < 0; the list "
                             "is i32 in GM, UB or L1"};
  Mem to = Mem::kL1;
  Type type{};
  Layout layout{};
  Mem list_in = Mem::kGm;
  R dst{}, src{}, list{}, rows{}, cols{}, dst_pitch{}, src_pitch{};
  Sync sync;
  static constexpr auto fields() {
    return std::tuple(
        field("to", &LoadRows::to, "l1 or ub"), field("type", &LoadRows::type, "element type"),
        field("layout", &LoadRows::layout, "row or fractal"),
        field("list_in", &LoadRows::list_in, "where the list is: gm, ub or l1"),
        field("dst", &LoadRows::dst, "local address"),
        field("src", &LoadRows::src, "GM address of row 0"),
        field("list", &LoadRows::list, "address of the i32 list"),
        field("rows", &LoadRows::rows, "entries of the list"),
        field("cols", &LoadRows::cols, "elements a row"),
        field("dst_pitch", &LoadRows::dst_pitch, "bytes between rows or columns of tiles"),
        field("src_pitch", &LoadRows::src_pitch, "bytes between rows of the table"),
        field("sync", &LoadRows::sync, "waits and sets"));
  }
};

template <class R>
struct Fill {
  static constexpr Info info{"fill", 0x32, Unit::kLoad,
                             "set rows x cols of L1 or UB (row layout) to one value"};
  Mem to = Mem::kL1;
  Type type{};
  R dst{}, rows{}, cols{}, dst_pitch{}, value{};
  Sync sync;
  static constexpr auto fields() {
    return std::tuple(field("to", &Fill::to, "l1 or ub"),
                      field("type", &Fill::type, "element type"),
                      field("dst", &Fill::dst, "local address"), field("rows", &Fill::rows, "rows"),
                      field("cols", &Fill::cols, "elements a row"),
                      field("dst_pitch", &Fill::dst_pitch, "bytes between rows"),
                      optional_field("value", &Fill::value, "bits of the value"),
                      field("sync", &Fill::sync, "waits and sets"));
  }
};

template <class R>
struct Feed {
  static constexpr Info info{
      "feed", 0x33, Unit::kFeed,
      "copy rows x cols of fractals from L1 into L0A or L0B, perhaps transposed"};
  Mem to = Mem::kL0A;
  Type type{};
  bool transpose = false;
  bool widen = false;  // e2m1 -> e4m3, i4 -> i8 on the way
  R dst{}, src{}, rows{}, cols{}, dst_pitch{}, src_pitch{};
  Sync sync;
  static constexpr auto fields() {
    return std::tuple(
        field("to", &Feed::to, "l0a or l0b"), field("type", &Feed::type, "element type in L1"),
        field("transpose", &Feed::transpose, "L0 gets cols x rows"),
        field("widen", &Feed::widen, "double the width of 4-bit elements"),
        field("dst", &Feed::dst, "L0 address"), field("src", &Feed::src, "L1 address"),
        field("rows", &Feed::rows, "rows in L1"), field("cols", &Feed::cols, "columns in L1"),
        optional_field("dst_pitch", &Feed::dst_pitch,
                       "bytes between columns of tiles; 0 means packed"),
        optional_field("src_pitch", &Feed::src_pitch,
                       "bytes between columns of tiles; 0 means packed"),
        field("sync", &Feed::sync, "waits and sets"));
  }
};

template <class R>
struct FeedScale {
  static constexpr Info info{"feed_scale", 0x34, Unit::kFeed,
                             "make the e8m0 plane of an mma_scaled operand: scale (r, c) = (r / "
                             "repeat_rows, c / repeat_k) "
                             "of a plane in L1"};
  Mem to = Mem::kL0A;
  R dst{}, src{}, rows{}, cols{}, repeat_rows{}, repeat_k{}, src_pitch{};
  Sync sync;
  static constexpr auto fields() {
    return std::tuple(field("to", &FeedScale::to, "l0a or l0b"),
                      field("dst", &FeedScale::dst, "L0 address; the plane there is packed"),
                      field("src", &FeedScale::src, "L1 address, scale layout"),
                      field("rows", &FeedScale::rows, "rows of the operand"),
                      field("cols", &FeedScale::cols, "blocks of 32 of K of the operand"),
                      optional_field("repeat_rows", &FeedScale::repeat_rows,
                                     "rows that a scale in L1 serves; 0 means 1"),
                      optional_field("repeat_k", &FeedScale::repeat_k,
                                     "blocks of K that a scale in L1 serves; 0 means 1"),
                      optional_field("src_pitch", &FeedScale::src_pitch,
                                     "bytes between columns of scales in L1; 0 means packed"),
                      field("sync", &FeedScale::sync, "waits and sets"));
  }
};

template <class R>
struct FeedBias {
  static constexpr Info info{"feed_bias", 0x35, Unit::kFeed,
                             "copy one row of f32 or i32 from L1 into the bias buffer"};
  Type type{};
  R dst{}, src{}, cols{};
  Sync sync;
  static constexpr auto fields() {
    return std::tuple(field("type", &FeedBias::type, "f32 or i32; f16 and bf16 widen to f32"),
                      field("dst", &FeedBias::dst, "bias buffer address"),
                      field("src", &FeedBias::src, "L1 address, row layout"),
                      field("cols", &FeedBias::cols, "elements"),
                      field("sync", &FeedBias::sync, "waits and sets"));
  }
};

template <class R>
struct FeedTable {
  static constexpr Info info{"feed_table", 0x36, Unit::kFeed,
                             "copy one row of f32 column scales from L1 into drain's table"};
  R dst{}, src{}, cols{};
  Sync sync;
  static constexpr auto fields() {
    return std::tuple(field("dst", &FeedTable::dst, "table address"),
                      field("src", &FeedTable::src, "L1 address, row layout"),
                      field("cols", &FeedTable::cols, "elements"),
                      field("sync", &FeedTable::sync, "waits and sets"));
  }
};

template <class R>
struct Drain {
  static constexpr Info info{"drain", 0x38, Unit::kDrain,
                             "copy rows x cols of L0C to GM, L1 or the vector cores' UB: scale, "
                             "activate, convert, lay out"};
  Mem to = Mem::kGm;
  Type from{};  // f32 or i32, what L0C holds
  Type type{};  // of the result
  Layout layout{};
  Activation activation{};
  Atomic atomic{};
  ScaleMode scaling{};
  bool handover = false;  // start on sub-tiles as the cube finishes them, free each as it is read
  R dst{}, src{}, rows{}, cols{}, dst_pitch{}, src_pitch{}, scale{}, slope{}, split{};
  Sync sync;
  static constexpr auto fields() {
    return std::tuple(
        field("to", &Drain::to, "gm, l1 or ub"), field("from", &Drain::from, "f32 or i32"),
        field("type", &Drain::type, "type of the result"),
        field("layout", &Drain::layout, "row, fractal (l1) or transposed"),
        field("activation", &Drain::activation, "applied after the scale"),
        field("atomic", &Drain::atomic, "none, add or max; gm only"),
        field("scaling", &Drain::scaling, "none, scalar or column"),
        field("handover", &Drain::handover, "overlap with the cube by sub-tiles"),
        field("dst", &Drain::dst, "address in the target"),
        field("src", &Drain::src, "L0C address"), field("rows", &Drain::rows, "rows"),
        field("cols", &Drain::cols, "columns"),
        field("dst_pitch", &Drain::dst_pitch, "bytes between rows, or columns of tiles"),
        optional_field("src_pitch", &Drain::src_pitch,
                       "bytes between columns of tiles; 0 means packed"),
        optional_field("scale", &Drain::scale, "f32 bits, or address of the column table"),
        optional_field("slope", &Drain::slope, "f32 bits of leaky's slope"),
        optional_field(
            "split", &Drain::split,
            "ub: rows [v*split, (v+1)*split) go to vector core v; 0 means all to vector core 0"),
        field("sync", &Drain::sync, "waits and sets"));
  }
};

template <class R>
struct Store {
  static constexpr Info info{"store", 0x3a, Unit::kStore,
                             "copy rows x cols from UB to GM or to the cube core's L1"};
  Mem to = Mem::kGm;
  Type type{};
  Layout layout{};
  Atomic atomic{};
  R dst{}, src{}, rows{}, cols{}, dst_pitch{}, src_pitch{};
  Sync sync;
  static constexpr auto fields() {
    return std::tuple(
        field("to", &Store::to, "gm or l1"), field("type", &Store::type, "element type"),
        field("layout", &Store::layout, "row, or fractal (l1)"),
        field("atomic", &Store::atomic, "none, add or max; gm only"),
        field("dst", &Store::dst, "address in the target"), field("src", &Store::src, "UB address"),
        field("rows", &Store::rows, "rows"), field("cols", &Store::cols, "elements a row"),
        field("dst_pitch", &Store::dst_pitch, "bytes between rows, or columns of tiles"),
        field("src_pitch", &Store::src_pitch, "bytes between rows in UB"),
        field("sync", &Store::sync, "waits and sets"));
  }
};

template <class R>
struct StoreRows {
  static constexpr Info info{
      "store_rows", 0x3b, Unit::kStore,
      "row list[i] of a GM table = row i of UB; nothing where list[i] < 0; the list is i32"};
  Type type{};
  Atomic atomic{};
  Mem list_in = Mem::kGm;  // gm or ub
  R dst{}, src{}, list{}, rows{}, cols{}, dst_pitch{}, src_pitch{};
  Sync sync;
  static constexpr auto fields() {
    return std::tuple(field("type", &StoreRows::type, "element type"),
                      field("atomic", &StoreRows::atomic, "none, add or max"),
                      field("list_in", &StoreRows::list_in, "where the list is: gm or ub"),
                      field("dst", &StoreRows::dst, "GM address of row 0"),
                      field("src", &StoreRows::src, "UB address"),
                      field("list", &StoreRows::list, "address of the i32 list"),
                      field("rows", &StoreRows::rows, "entries of the list"),
                      field("cols", &StoreRows::cols, "elements a row"),
                      field("dst_pitch", &StoreRows::dst_pitch, "bytes between rows of the table"),
                      field("src_pitch", &StoreRows::src_pitch, "bytes between rows in UB"),
                      field("sync", &StoreRows::sync, "waits and sets"));
  }
};

}  // namespace npu
