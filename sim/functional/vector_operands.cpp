#include "sim/functional/operands.h"

namespace npu::detail {

namespace {
uint64_t mask_bytes(uint64_t cols) { return (cols + 7) / 8; }
}  // namespace

View ub_view(const Place& place, const char* name, bool write, uint64_t base, uint64_t rows,
             uint64_t row_bytes, uint64_t pitch, uint64_t align) {
  View view;
  view.name = name;
  view.mem = Mem::kUb;
  view.core = place.core;
  view.write = write;
  view.base = base;
  view.rows = rows;
  view.row_bytes = row_bytes;
  view.pitch = pitch;
  view.address_align = view.pitch_align = align;
  return view;
}

void add_source(Operands& result, const Place& place, const char* name, Source shape, Type type,
                uint64_t base, uint64_t rows, uint64_t cols, uint64_t pitch) {
  if (shape == Source::kScalar) return;
  const bool one_row = shape == Source::kRow || shape == Source::kOne;
  const bool one_col = shape == Source::kColumn || shape == Source::kOne;
  result.add(
      ub_tile(place, name, false, type, base, one_row ? 1 : rows, one_col ? 1 : cols, pitch));
}

Operands operands(const Place& place, const Vfma<Value>& c) {
  Operands result;
  add_source(result, place, "a", c.a_is, c.type, c.a, c.rows, c.cols, c.a_pitch);
  add_source(result, place, "b", c.b_is, c.type, c.b, c.rows, c.cols, c.b_pitch);
  add_source(result, place, "c", c.c_is, c.type, c.c, c.rows, c.cols, c.c_pitch);
  result.add(ub_tile(place, "d", true, c.type, c.d, c.rows, c.cols, c.d_pitch));
  return result;
}

Operands operands(const Place& place, const Vcmp<Value>& c) {
  Operands result;
  add_source(result, place, "a", c.a_is, c.type, c.a, c.rows, c.cols, c.a_pitch);
  add_source(result, place, "b", c.b_is, c.type, c.b, c.rows, c.cols, c.b_pitch);
  result.add(ub_view(place, "d", true, c.d, c.rows, mask_bytes(c.cols), c.d_pitch, 1));
  return result;
}

Operands operands(const Place& place, const Vselect<Value>& c) {
  Operands result;
  result.add(ub_view(place, "mask", false, c.mask, c.rows, mask_bytes(c.cols), c.mask_pitch, 1));
  add_source(result, place, "a", c.a_is, c.type, c.a, c.rows, c.cols, c.a_pitch);
  add_source(result, place, "b", c.b_is, c.type, c.b, c.rows, c.cols, c.b_pitch);
  result.add(ub_tile(place, "d", true, c.type, c.d, c.rows, c.cols, c.d_pitch));
  return result;
}

Operands operands(const Place& place, const Vband<Value>& c) {
  Operands result;
  result.add(ub_tile(place, "a", false, c.type, c.a, c.rows, c.cols, c.a_pitch));
  result.add(ub_tile(place, "d", true, c.type, c.d, c.rows, c.cols, c.d_pitch));
  return result;
}

Operands operands(const Place& place, const Vscan<Value>& c) {
  Operands result;
  result.add(ub_tile(place, "a", false, c.type, c.a, c.rows, c.cols, c.a_pitch));
  result.add(ub_tile(place, "d", true, c.type, c.d, c.rows, c.cols, c.d_pitch));
  return result;
}

Operands operands(const Place& place, const Viota<Value>& c) {
  Operands result;
  result.add(ub_tile(place, "d", true, Type::kI32, c.d, c.rows, c.cols, c.d_pitch));
  return result;
}

Operands operands(const Place& place, const Vconvert<Value>& c) {
  Operands result;
  add_source(result, place, "a", c.a_is, c.from, c.a, c.rows, c.cols, c.a_pitch);
  result.add(ub_tile(place, "d", true, c.to, c.d, c.rows, c.cols, c.d_pitch));
  return result;
}

namespace {
template <class Reduce>
Operands column_reduction(const Place& place, const Reduce& c) {
  Operands result;
  result.add(ub_tile(place, "a", false, c.type, c.a, c.rows, c.cols, c.a_pitch));
  result.add(ub_tile(place, "d", true, c.type, c.d, 1, c.cols, 0));
  return result;
}
}  // namespace

Operands operands(const Place& place, const VcolSum<Value>& c) {
  return column_reduction(place, c);
}
Operands operands(const Place& place, const VcolMax<Value>& c) {
  return column_reduction(place, c);
}

Operands operands(const Place& place, const VrowArgmax<Value>& c) {
  Operands result;
  result.add(ub_tile(place, "a", false, c.type, c.a, c.rows, c.cols, c.a_pitch));
  result.add(ub_tile(place, "d", true, Type::kI32, c.d, c.rows, 1, c.d_pitch));
  return result;
}

Operands operands(const Place& place, const Vcount<Value>& c) {
  Operands result;
  result.add(ub_view(place, "a", false, c.a, c.rows, mask_bytes(c.cols), c.a_pitch, 1));
  result.add(ub_tile(place, "d", true, Type::kI32, c.d, c.rows, 1, c.d_pitch));
  return result;
}

Operands operands(const Place& place, const Vtranspose<Value>& c) {
  Operands result;
  result.in_place = false;
  result.add(ub_tile(place, "a", false, c.type, c.a, c.rows, c.cols, c.a_pitch));
  result.add(ub_tile(place, "d", true, c.type, c.d, c.cols, c.rows, c.d_pitch));
  return result;
}

Operands operands(const Place& place, const Vzip<Value>& c) {
  Operands result;
  result.in_place = false;
  result.add(ub_tile(place, "a", false, c.type, c.a, c.rows, c.cols, c.a_pitch));
  result.add(ub_tile(place, "b", false, c.type, c.b, c.rows, c.cols, c.b_pitch));
  result.add(ub_tile(place, "d", true, c.type, c.d, c.rows, 2 * c.cols, c.d_pitch));
  return result;
}

Operands operands(const Place& place, const Vunzip<Value>& c) {
  Operands result;
  result.in_place = false;
  result.add(ub_tile(place, "a", false, c.type, c.a, c.rows, 2 * c.cols, c.a_pitch));
  result.add(ub_tile(place, "d", true, c.type, c.d, c.rows, c.cols, c.d_pitch));
  result.add(ub_tile(place, "b", true, c.type, c.b, c.rows, c.cols, c.b_pitch));
  return result;
}

Operands operands(const Place& place, const Vgather<Value>& c) {
  Operands result;
  result.in_place = false;
  IndexedRows indexed;
  indexed.list = ub_tile(place, "b", false, Type::kI32, c.b, c.rows, c.cols, c.b_pitch);
  indexed.table_mem = Mem::kUb;
  indexed.table_core = place.core;
  indexed.table = c.a;
  indexed.pitch = indexed.row_bytes = static_cast<uint64_t>(bytes_of(c.type));
  indexed.count = c.count;
  result.indexed = indexed;
  result.add(indexed.list);
  result.add(ub_tile(place, "d", true, c.type, c.d, c.rows, c.cols, c.d_pitch));
  return result;
}

Operands operands(const Place& place, const VgatherRows<Value>& c) {
  Operands result;
  result.in_place = false;
  IndexedRows indexed;
  indexed.list = ub_tile(place, "b", false, Type::kI32, c.b, 1, c.rows, 0);
  indexed.table_mem = Mem::kUb;
  indexed.table_core = place.core;
  indexed.table = c.a;
  indexed.pitch = c.a_pitch;
  indexed.row_bytes = c.cols * static_cast<uint64_t>(bytes_of(c.type));
  indexed.count = c.count;
  result.indexed = indexed;
  result.add(indexed.list);
  result.add(ub_tile(place, "d", true, c.type, c.d, c.rows, c.cols, c.d_pitch));
  return result;
}

Operands operands(const Place& place, const Vscatter<Value>& c) {
  Operands result;
  result.in_place = false;
  IndexedRows indexed;
  indexed.list = ub_tile(place, "b", false, Type::kI32, c.b, c.rows, c.cols, c.b_pitch);
  indexed.table_mem = Mem::kUb;
  indexed.table_core = place.core;
  indexed.table = c.d;
  indexed.pitch = indexed.row_bytes = static_cast<uint64_t>(bytes_of(c.type));
  indexed.write = true;
  indexed.read = false;
  indexed.skip_negative = true;
  indexed.count = c.count;
  result.indexed = indexed;
  result.add(indexed.list);
  result.add(ub_tile(place, "a", false, c.type, c.a, c.rows, c.cols, c.a_pitch));
  return result;
}

Operands operands(const Place& place, const Vcompress<Value>& c) {
  Operands result;
  result.in_place = false;
  result.add(ub_tile(place, "a", false, c.type, c.a, c.rows, c.cols, c.a_pitch));
  result.add(ub_view(place, "b", false, c.b, c.rows, mask_bytes(c.cols), c.b_pitch, 1));
  result.add(ub_tile(place, "d", true, c.type, c.d, 1, c.rows * c.cols, 0));
  result.add(ub_tile(place, "count", true, Type::kI32, c.count, 1, 1, 0));
  return result;
}

Operands operands(const Place& place, const Vsort<Value>& c) {
  Operands result;
  result.add(ub_view(place, "a", false, c.a, c.rows, c.cols * kPairBytes, c.a_pitch, 4));
  result.add(ub_view(place, "d", true, c.d, c.rows, c.cols * kPairBytes, c.d_pitch, 4));
  return result;
}

Operands operands(const Place& place, const Vmerge<Value>& c) {
  Operands result;
  result.in_place = false;
  const uint64_t list = c.cols * kPairBytes, step = c.b_pitch == 0 ? list : c.b_pitch;
  for (uint64_t i = 0; i < kMergedLists; ++i) {
    result.add(ub_view(place, "a", false, c.a + i * step, c.rows, list, c.a_pitch, 4));
  }
  result.add(ub_view(place, "d", true, c.d, c.rows, merged_pairs(c) * kPairBytes, c.d_pitch, 4));
  return result;
}

Operands operands(const Place& place, const Vhistogram<Value>& c) {
  Operands result;
  result.add(ub_tile(place, "a", false, c.type, c.a, c.rows, c.cols, c.a_pitch));
  if (c.count == 0) return result;
  View bins = ub_view(place, "d", false, c.d, c.count, 4, 4, 4);
  result.add(bins);
  bins.write = true;
  result.add(bins);
  return result;
}

}  // namespace npu::detail
