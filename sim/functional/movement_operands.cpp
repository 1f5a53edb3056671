#include <algorithm>

#include "isa/numerics/mma.h"
#include "sim/functional/operands.h"

namespace npu::detail {

namespace {

uint64_t align_of(const Limits& limits, Mem mem) {
  return static_cast<uint64_t>(mem == Mem::kGm ? limits.gm_align : limits.ub_align);
}

// A matrix in row layout, aligned as GM, UB and L1 ask for.
View row_view(const Place& place, const char* name, Mem mem, int core, bool write, uint64_t base,
              uint64_t rows, uint64_t row_bytes, uint64_t pitch) {
  View view;
  view.name = name;
  view.mem = mem;
  view.core = core;
  view.write = write;
  view.may_repeat = mem == Mem::kGm && !write;
  view.base = base;
  view.rows = rows;
  view.row_bytes = row_bytes;
  view.pitch = pitch;
  view.address_align = view.pitch_align = align_of(place.limits, mem);
  return view;
}

// Whole tiles or rows of tiles: every column of tiles holds `rows` rows.
View fractal_view(const char* name, Mem mem, bool write, const TileShape& tile, uint64_t base,
                  uint64_t rows, uint64_t cols, uint64_t pitch, uint64_t address_align) {
  View view;
  view.name = name;
  view.mem = mem;
  view.write = write;
  view.base = base;
  view.rows = ceil_div(cols, tile.cols);
  view.row_bytes = rows * tile.row_bytes;
  view.pitch = fractal_pitch(tile, rows, pitch);
  view.address_align = address_align;
  view.pitch_align = tile.bytes();
  return view;
}

// Exactly rows x cols elements of a fractal layout.
View exact_fractal_view(const char* name, Mem mem, bool write, const TileShape& tile, uint64_t base,
                        uint64_t rows, uint64_t cols, uint64_t pitch, uint64_t address_align) {
  View view = fractal_view(name, mem, write, tile, base, rows, cols, pitch, address_align);
  if (cols % tile.cols != 0) {
    view.tail_rows = rows;
    view.tail_bytes = cols % tile.cols * tile.row_bytes / tile.cols;
    view.tail_pitch = tile.row_bytes;
  }
  return view;
}

// A plane of rows x cols scales: a view whose rows are its columns.
View scale_view(const Place& place, const char* name, Mem mem, bool write, uint64_t base,
                uint64_t rows, uint64_t cols, uint64_t pitch) {
  View view;
  view.name = name;
  view.mem = mem;
  view.write = write;
  view.base = base;
  view.rows = cols;
  view.row_bytes = rows;
  view.pitch = scale_pitch(place.limits, rows, pitch);
  return view;
}

int target_core(const Place& place, Mem mem) { return mem == Mem::kUb ? place.core : 0; }

Operands word(const Place& place, uint64_t address) {
  View view = row_view(place, "address", Mem::kGm, place.core, false, address, 1, 8, 0);
  view.address_align = 8;
  Operands result;
  result.add(view);
  view.write = true;
  result.add(view);
  return result;
}

uint64_t element_align(Atomic atomic, Type type, uint64_t align) {
  return atomic == Atomic::kNone ? align : std::max(align, static_cast<uint64_t>(bytes_of(type)));
}

// The GM side of store and drain, which atomics read as well.
void add_gm_target(Operands& result, View view, Atomic atomic, Type type) {
  view.address_align = view.pitch_align = element_align(atomic, type, view.address_align);
  view.write = true;
  view.may_repeat = false;
  if (atomic != Atomic::kNone) {
    View read = view;
    read.write = false;
    result.add(read);
  }
  result.add(view);
}

// C of an mma, which an accumulating one reads as well.
template <class C>
void add_sums(Operands& result, const Place& place, const C& c) {
  const TileShape sums = sum_tile_shape(place.limits);
  View sum =
      exact_fractal_view("c", Mem::kL0C, false, sums, c.c, c.m, c.n, c.c_pitch, sums.bytes());
  if (c.accumulate != 0) result.add(sum);
  sum.write = true;
  result.add(sum);
}

void add_drain_target(Operands& result, const Place& place, const Drain<Value>& c, int core,
                      uint64_t rows) {
  if (c.layout == Layout::kFractal) {
    const TileShape tile = tile_shape(place.limits, c.type);
    result.add(fractal_view("dst", Mem::kL1, true, tile, c.dst, rows, c.cols, c.dst_pitch,
                            tile.row_bytes));
    return;
  }
  const bool transposed = c.layout == Layout::kTransposed;
  View view = row_view(place, "dst", c.to, core, true, c.dst, transposed ? c.cols : rows,
                       bytes_of(c.type, transposed ? rows : c.cols), c.dst_pitch);
  if (c.to == Mem::kGm) {
    add_gm_target(result, view, c.atomic, c.type);
  } else {
    result.add(view);
  }
}

}  // namespace

TileShape tile_shape(const Limits& limits, Type type) {
  return {static_cast<uint64_t>(limits.fractal_rows),
          static_cast<uint64_t>(limits.fractal_row_bytes),
          static_cast<uint64_t>(limits.fractal_cols(type))};
}

TileShape sum_tile_shape(const Limits& limits) {
  const auto side = static_cast<uint64_t>(limits.fractal_rows);
  return {side, side * 4, side};
}

uint64_t fractal_pitch(const TileShape& tile, uint64_t rows, uint64_t pitch) {
  return pitch != 0 ? pitch : ceil_div(rows, tile.rows) * tile.bytes();
}

uint64_t scale_pitch(const Limits& limits, uint64_t rows, uint64_t pitch) {
  const auto unit = static_cast<uint64_t>(limits.fractal_rows);
  return pitch != 0 ? pitch : ceil_div(rows, unit) * unit;
}

uint64_t padding_rows(const TileShape& tile, uint64_t address, uint64_t rows) {
  const uint64_t end = address % tile.bytes() / tile.row_bytes + rows;
  return ceil_div(end, tile.rows) * tile.rows - end;
}

RowShare share_of(const Drain<Value>& drain, int vector) {
  if (drain.split == 0) return {vector + 1, 0, vector == 0 ? drain.rows : 0};
  const auto index = static_cast<uint64_t>(vector);
  if (drain.split >= drain.rows) return {vector + 1, 0, vector == 0 ? drain.rows : 0};
  const uint64_t first = std::min(drain.rows, index * drain.split);
  return {vector + 1, first, std::min(drain.split, drain.rows - first)};
}

Operands operands(const Place&, const Set<Value>&) { return {}; }
Operands operands(const Place&, const Wait<Value>&) { return {}; }
Operands operands(const Place& place, const SetWord<Value>& c) { return word(place, c.address); }
Operands operands(const Place& place, const WaitWord<Value>& c) { return word(place, c.address); }

Operands operands(const Place& place, const Load<Value>& c) {
  Operands result;
  const TileShape tile = tile_shape(place.limits, c.type);
  const uint64_t planes = std::max<uint64_t>(c.planes, 1);
  View src, dst;
  if (c.layout == Layout::kTiled) {
    src = fractal_view("src", Mem::kGm, false, tile, c.src, ceil_div(c.rows, tile.rows) * tile.rows,
                       c.cols, c.src_pitch, align_of(place.limits, Mem::kGm));
    src.core = place.core;
    src.may_repeat = true;
    src.pitch_align = src.address_align;
    dst = fractal_view("dst", Mem::kL1, true, tile, c.dst, ceil_div(c.rows, tile.rows) * tile.rows,
                       c.cols, c.dst_pitch, tile.bytes());
  } else {
    src = row_view(place, "src", Mem::kGm, place.core, false, c.src, c.rows,
                   bytes_of(c.type, c.cols), c.src_pitch);
    dst = row_view(place, "dst", c.to, target_core(place, c.to), true, c.dst, c.rows,
                   bytes_of(c.type, c.cols), c.dst_pitch);
  }
  if (c.layout == Layout::kFractal) {
    dst = fractal_view("dst", Mem::kL1, true, tile, c.dst, c.rows, c.cols, c.dst_pitch,
                       tile.row_bytes);
    dst.row_bytes += padding_rows(tile, c.dst, c.rows) * tile.row_bytes;
  } else if (c.layout == Layout::kScale) {
    dst = scale_view(place, "dst", Mem::kL1, true, c.dst, c.rows, c.cols, c.dst_pitch);
  }
  src.planes = dst.planes = planes;
  src.plane_pitch = c.src_plane;
  dst.plane_pitch = c.dst_plane;
  result.add(src);
  result.add(dst);
  return result;
}

Operands operands(const Place& place, const LoadRows<Value>& c) {
  Operands result;
  IndexedRows indexed;
  indexed.list = row_view(place, "list", c.list_in,
                          c.list_in == Mem::kGm ? place.core : target_core(place, c.list_in), false,
                          c.list, 1, c.rows * 4, 0);
  indexed.list.address_align = 4;
  indexed.table_mem = Mem::kGm;
  indexed.table_core = place.core;
  indexed.table = c.src;
  indexed.pitch = c.src_pitch;
  indexed.row_bytes = bytes_of(c.type, c.cols);
  indexed.skip_negative = true;
  result.add(indexed.list);
  result.indexed = indexed;
  const TileShape tile = tile_shape(place.limits, c.type);
  if (c.layout == Layout::kFractal) {
    View dst = fractal_view("dst", Mem::kL1, true, tile, c.dst, c.rows, c.cols, c.dst_pitch,
                            tile.row_bytes);
    dst.row_bytes += padding_rows(tile, c.dst, c.rows) * tile.row_bytes;
    result.add(dst);
  } else {
    result.add(row_view(place, "dst", c.to, target_core(place, c.to), true, c.dst, c.rows,
                        bytes_of(c.type, c.cols), c.dst_pitch));
  }
  result.in_place = false;
  return result;
}

Operands operands(const Place& place, const Fill<Value>& c) {
  Operands result;
  result.add(row_view(place, "dst", c.to, target_core(place, c.to), true, c.dst, c.rows,
                      bytes_of(c.type, c.cols), c.dst_pitch));
  return result;
}

Operands operands(const Place& place, const Feed<Value>& c) {
  Operands result;
  const TileShape tile = tile_shape(place.limits, c.type);
  result.add(exact_fractal_view("src", Mem::kL1, false, tile, c.src, c.rows, c.cols, c.src_pitch,
                                tile.bytes()));
  const uint64_t rows = c.transpose ? c.cols : c.rows, cols = c.transpose ? c.rows : c.cols;
  const TileShape fed = c.widen ? tile_shape(place.limits, widened(c.type)) : tile;
  result.add(fractal_view("dst", c.to, true, fed, c.dst, ceil_div(rows, tile.rows) * tile.rows,
                          cols, c.dst_pitch, tile.bytes()));
  return result;
}

Operands operands(const Place& place, const FeedScale<Value>& c) {
  Operands result;
  result.add(scale_view(place, "src", Mem::kL1, false, c.src,
                        ceil_div(c.rows, at_least_one(c.repeat_rows)),
                        ceil_div(c.cols, at_least_one(c.repeat_k)), c.src_pitch));
  result.add(scale_view(place, "dst", c.to, true, c.dst, c.rows, c.cols, 0));
  return result;
}

Operands operands(const Place& place, const FeedBias<Value>& c) {
  Operands result;
  result.add(row_view(place, "src", Mem::kL1, 0, false, c.src, 1, bytes_of(c.type, c.cols), 0));
  View dst = row_view(place, "dst", Mem::kBias, 0, true, c.dst, 1, c.cols * 4, 0);
  dst.address_align = 4;
  result.add(dst);
  return result;
}

Operands operands(const Place& place, const FeedTable<Value>& c) {
  Operands result;
  result.add(row_view(place, "src", Mem::kL1, 0, false, c.src, 1, c.cols * 4, 0));
  View dst = row_view(place, "dst", Mem::kTable, 0, true, c.dst, 1, c.cols * 4, 0);
  dst.address_align = 4;
  result.add(dst);
  return result;
}

Operands operands(const Place& place, const Drain<Value>& c) {
  Operands result;
  const TileShape tile = sum_tile_shape(place.limits);
  result.add(exact_fractal_view("src", Mem::kL0C, false, tile, c.src, c.rows, c.cols, c.src_pitch,
                                tile.row_bytes));
  if (c.scaling == ScaleMode::kColumn) {
    View table = row_view(place, "scale", Mem::kTable, 0, false, c.scale, 1, c.cols * 4, 0);
    table.address_align = 4;
    result.add(table);
  }
  if (c.to != Mem::kUb) {
    add_drain_target(result, place, c, c.to == Mem::kGm ? place.core : 0, c.rows);
    return result;
  }
  for (int vector = 0; vector < place.limits.vectors; ++vector) {
    const RowShare share = share_of(c, vector);
    if (share.rows > 0) add_drain_target(result, place, c, share.core, share.rows);
  }
  return result;
}

Operands operands(const Place& place, const Store<Value>& c) {
  Operands result;
  result.add(row_view(place, "src", Mem::kUb, place.core, false, c.src, c.rows,
                      bytes_of(c.type, c.cols), c.src_pitch));
  if (c.layout == Layout::kFractal) {
    const TileShape tile = tile_shape(place.limits, c.type);
    result.add(fractal_view("dst", Mem::kL1, true, tile, c.dst, c.rows, c.cols, c.dst_pitch,
                            tile.row_bytes));
    return result;
  }
  const View dst = row_view(place, "dst", c.to, c.to == Mem::kGm ? place.core : 0, true, c.dst,
                            c.rows, bytes_of(c.type, c.cols), c.dst_pitch);
  if (c.to == Mem::kGm) {
    add_gm_target(result, dst, c.atomic, c.type);
  } else {
    result.add(dst);
  }
  return result;
}

Operands operands(const Place& place, const StoreRows<Value>& c) {
  Operands result;
  IndexedRows indexed;
  indexed.list = row_view(place, "list", c.list_in, place.core, false, c.list, 1, c.rows * 4, 0);
  indexed.list.address_align = 4;
  indexed.table_mem = Mem::kGm;
  indexed.table_core = place.core;
  indexed.table = c.dst;
  indexed.pitch = c.dst_pitch;
  indexed.row_bytes = bytes_of(c.type, c.cols);
  indexed.write = true;
  indexed.read = c.atomic != Atomic::kNone;
  indexed.skip_negative = true;
  result.add(indexed.list);
  result.add(row_view(place, "src", Mem::kUb, place.core, false, c.src, c.rows,
                      bytes_of(c.type, c.cols), c.src_pitch));
  result.indexed = indexed;
  return result;
}

Operands operands(const Place& place, const Mma<Value>& c) {
  Operands result;
  const TileShape tile = tile_shape(place.limits, c.type);
  result.add(
      exact_fractal_view("a", Mem::kL0A, false, tile, c.a, c.m, c.k, c.a_pitch, tile.bytes()));
  result.add(
      exact_fractal_view("b", Mem::kL0B, false, tile, c.b, c.n, c.k, c.b_pitch, tile.bytes()));
  if (c.use_bias && c.accumulate == 0) {
    View bias = row_view(place, "bias", Mem::kBias, 0, false, c.bias, 1, c.n * 4, 0);
    bias.address_align = 4;
    result.add(bias);
  }
  add_sums(result, place, c);
  return result;
}

Operands operands(const Place& place, const MmaScaled<Value>& c) {
  Operands result;
  const uint64_t blocks = ceil_div(c.k, kScaleBlock);
  const TileShape a = tile_shape(place.limits, c.type_a), b = tile_shape(place.limits, c.type_b);
  result.add(exact_fractal_view("a", Mem::kL0A, false, a, c.a, c.m, c.k, 0, a.bytes()));
  result.add(exact_fractal_view("b", Mem::kL0B, false, b, c.b, c.n, c.k, 0, b.bytes()));
  result.add(scale_view(place, "a_scale", Mem::kL0A, false, c.a_scale, c.m, blocks, 0));
  result.add(scale_view(place, "b_scale", Mem::kL0B, false, c.b_scale, c.n, blocks, 0));
  add_sums(result, place, c);
  return result;
}

}  // namespace npu::detail
