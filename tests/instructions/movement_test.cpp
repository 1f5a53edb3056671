#include "tests/instructions/rig.h"

using namespace npu;
using namespace npu::test;

namespace {

Matrix transposed(const Matrix& m) {
  Matrix t(m.type, m.cols, m.rows);
  for (uint64_t r = 0; r < m.rows; ++r) {
    for (uint64_t c = 0; c < m.cols; ++c) t.at(c, r) = m.at(r, c);
  }
  return t;
}

// All of the tiles that a matrix of this extent touches: the matrix itself, zeros around it.
Matrix padded(const Matrix& m, uint64_t rows, uint64_t cols) {
  Matrix p(m.type, rows, cols);
  for (uint64_t r = 0; r < m.rows; ++r) {
    for (uint64_t c = 0; c < m.cols; ++c) p.at(r, c) = m.at(r, c);
  }
  return p;
}

uint64_t up(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

Load<Value> load(Mem to, Type type, Layout layout, uint64_t dst, uint64_t src, uint64_t rows,
                 uint64_t cols, uint64_t dst_pitch, uint64_t src_pitch) {
  Load<Value> c;
  c.to = to;
  c.type = type;
  c.layout = layout;
  c.dst = dst;
  c.src = src;
  c.rows = rows;
  c.cols = cols;
  c.dst_pitch = dst_pitch;
  c.src_pitch = src_pitch;
  return c;
}

}  // namespace

TEST_CASE("load copies rows with their own pitches into UB and L1") {
  Rig rig;
  const uint64_t gm = rig.tensor(4096);
  const Matrix m = random_matrix(Type::kF16, 5, 13);
  rig.put(Mem::kGm, 0, gm + 6, m, 100);
  rig.run(rig.vector(1), load(Mem::kUb, Type::kF16, Layout::kRow, 64, gm + 6, 5, 13, 96, 100));
  CHECK(rig.get(Mem::kUb, 2, 64, Type::kF16, 5, 13, 96) == m);
  rig.run(rig.cube(), load(Mem::kL1, Type::kF16, Layout::kRow, 128, gm + 6, 5, 13, 32, 100));
  CHECK(rig.get(Mem::kL1, 0, 128, Type::kF16, 5, 13, 32) == m);
}

TEST_CASE("load with a pitch of 0 in GM repeats one row") {
  Rig rig;
  const uint64_t gm = rig.tensor(64);
  const Matrix row = random_matrix(Type::kF32, 1, 8);
  rig.put(Mem::kGm, 0, gm, row);
  rig.run(rig.vector(), load(Mem::kUb, Type::kF32, Layout::kRow, 0, gm, 3, 8, 32, 0));
  for (uint64_t r = 0; r < 3; ++r) CHECK(rig.get(Mem::kUb, 1, 32 * r, Type::kF32, 1, 8) == row);
}

TEST_CASE("load copies planes") {
  Rig rig;
  const uint64_t gm = rig.tensor(4096);
  Load<Value> c = load(Mem::kUb, Type::kF32, Layout::kRow, 0, gm, 2, 8, 32, 64);
  c.planes = 3;
  c.dst_plane = 64;
  c.src_plane = 1024;
  for (uint64_t p = 0; p < 3; ++p) {
    rig.put(Mem::kGm, 0, gm + p * 1024, random_matrix(Type::kF32, 2, 8, p), 64);
  }
  rig.run(rig.vector(), c);
  for (uint64_t p = 0; p < 3; ++p) {
    CHECK(rig.get(Mem::kUb, 1, 64 * p, Type::kF32, 2, 8) == random_matrix(Type::kF32, 2, 8, p));
  }
}

TEST_CASE("load into fractals pads with zeros to whole tiles") {
  const auto type = GENERATE(Type::kF32, Type::kF16, Type::kI8);
  const auto rows = GENERATE(1u, 15u, 16u, 17u, 40u), cols = GENERATE(1u, 16u, 31u, 70u);
  Rig rig;
  rig.dirty(Mem::kL1);
  const auto tile_cols = static_cast<uint64_t>(rig.limits.fractal_cols(type));
  const uint64_t gm = rig.tensor(65536), pitch = 321 * 4;
  const Matrix m = random_matrix(type, rows, cols);
  rig.put(Mem::kGm, 0, gm, m, pitch);
  rig.run(rig.cube(), load(Mem::kL1, type, Layout::kFractal, 1024, gm, rows, cols, 0, pitch));
  const uint64_t all_rows = up(rows, 16), all_cols = up(cols, tile_cols);
  CHECK(rig.get_fractal(Mem::kL1, 1024, type, all_rows, all_cols) == padded(m, all_rows, all_cols));
  const uint64_t end = 1024 + all_rows * 32 * (all_cols / tile_cols);
  CHECK(*rig.at(Mem::kL1, 0, 1023) == std::byte{0xa5});
  CHECK(*rig.at(Mem::kL1, 0, end) == std::byte{0xa5});
}

TEST_CASE("load into the middle of a tile leaves the rows before it and pads those behind") {
  Rig rig;
  rig.dirty(Mem::kL1);
  const uint64_t gm = rig.tensor(4096);
  const Matrix m = random_matrix(Type::kF16, 4, 16);
  rig.put(Mem::kGm, 0, gm, m);
  rig.run(rig.cube(), load(Mem::kL1, Type::kF16, Layout::kFractal, 3 * 32, gm, 4, 16, 0, 32));
  CHECK(*rig.at(Mem::kL1, 0, 3 * 32 - 1) == std::byte{0xa5});
  CHECK(rig.get(Mem::kL1, 0, 3 * 32, Type::kF16, 4, 16) == m);
  CHECK(rig.get(Mem::kL1, 0, 7 * 32, Type::kF16, 9, 16) == Matrix(Type::kF16, 9, 16));
  CHECK(*rig.at(Mem::kL1, 0, 16 * 32) == std::byte{0xa5});
}

TEST_CASE("load of tiled data copies whole tiles") {
  Rig rig;
  const uint64_t gm = rig.tensor(8192);
  const Matrix tiles = random_matrix(Type::kF16, 1, 2 * 2 * 256);
  rig.put(Mem::kGm, 0, gm, tiles);
  rig.run(rig.cube(), load(Mem::kL1, Type::kF16, Layout::kTiled, 512, gm, 20, 20, 2048, 0));
  CHECK(rig.get(Mem::kL1, 0, 512, Type::kF16, 1, 512) ==
        rig.get(Mem::kGm, 0, gm, Type::kF16, 1, 512));
  CHECK(rig.get(Mem::kL1, 0, 512 + 2048, Type::kF16, 1, 512) ==
        rig.get(Mem::kGm, 0, gm + 1024, Type::kF16, 1, 512));
}

TEST_CASE("load_rows picks rows by a list and gives zeros for negative entries") {
  const auto list_in = GENERATE(Mem::kGm, Mem::kUb);
  Rig rig;
  const uint64_t table = rig.tensor(4096);
  const Matrix m = random_matrix(Type::kF32, 6, 10);
  rig.put(Mem::kGm, 0, table, m, 64);
  Matrix list(Type::kI32, 1, 4);
  list.codes = {5, 0, 0xffffffff, 5};
  const uint64_t list_at = list_in == Mem::kGm ? rig.tensor(64, "list") : 4096;
  rig.put(list_in, 1, list_at, list);
  rig.dirty(Mem::kUb, 2);
  LoadRows<Value> c;
  c.to = Mem::kUb;
  c.type = Type::kF32;
  c.list_in = list_in;
  c.dst = 0;
  c.src = table;
  c.list = list_at;
  c.rows = 4;
  c.cols = 10;
  c.dst_pitch = c.src_pitch = 64;
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kUb, 1, 0, Type::kF32, 4, 10, 64);
  for (uint64_t col = 0; col < 10; ++col) {
    CHECK(got.at(0, col) == m.at(5, col));
    CHECK(got.at(1, col) == m.at(0, col));
    CHECK(got.at(2, col) == 0);
    CHECK(got.at(3, col) == m.at(5, col));
  }
}

TEST_CASE("load_rows lays out rows as fractals") {
  Rig rig;
  rig.dirty(Mem::kL1);
  const uint64_t table = rig.tensor(4096), list_at = rig.tensor(64, "list");
  const Matrix m = random_matrix(Type::kF16, 4, 20);
  rig.put(Mem::kGm, 0, table, m);
  Matrix list(Type::kI32, 1, 2);
  list.codes = {3, 1};
  rig.put(Mem::kGm, 0, list_at, list);
  LoadRows<Value> c;
  c.type = Type::kF16;
  c.layout = Layout::kFractal;
  c.src = table;
  c.list = list_at;
  c.rows = 2;
  c.cols = 20;
  c.src_pitch = 40;
  rig.run(rig.cube(), c);
  Matrix expected(Type::kF16, 16, 32);
  for (uint64_t col = 0; col < 20; ++col) {
    expected.at(0, col) = m.at(3, col);
    expected.at(1, col) = m.at(1, col);
  }
  CHECK(rig.get_fractal(Mem::kL1, 0, Type::kF16, 16, 32) == expected);
}

TEST_CASE("fill sets every element and nothing else") {
  Rig rig;
  rig.dirty(Mem::kUb, 1);
  Fill<Value> c;
  c.to = Mem::kUb;
  c.type = Type::kF16;
  c.dst = 32;
  c.rows = 3;
  c.cols = 5;
  c.dst_pitch = 64;
  c.value = 0x12345678'00003c00;
  rig.run(rig.vector(), c);
  Matrix ones(Type::kF16, 3, 5);
  for (uint32_t& code : ones.codes) code = 0x3c00;
  CHECK(rig.get(Mem::kUb, 1, 32, Type::kF16, 3, 5, 64) == ones);
  CHECK(*rig.at(Mem::kUb, 1, 42) == std::byte{0xa5});
  CHECK(*rig.at(Mem::kUb, 1, 31) == std::byte{0xa5});
}

TEST_CASE("feed copies tiles, straight or transposed, and pads with zeros") {
  const auto type = GENERATE(Type::kF32, Type::kF16, Type::kI8);
  const auto transpose = GENERATE(false, true);
  const auto rows = GENERATE(1u, 16u, 24u, 50u), cols = GENERATE(8u, 16u, 33u, 64u);
  Rig rig;
  rig.dirty(Mem::kL1);
  rig.dirty(Mem::kL0B);
  const Matrix m = random_matrix(type, rows, cols);
  rig.put_fractal(Mem::kL1, 2048, m);
  Feed<Value> c;
  c.to = Mem::kL0B;
  c.type = type;
  c.transpose = transpose;
  c.dst = 512;
  c.src = 2048;
  c.rows = rows;
  c.cols = cols;
  rig.run(rig.cube(), c);
  const Matrix moved = transpose ? transposed(m) : m;
  const uint64_t all_rows = up(moved.rows, 16);
  const uint64_t all_cols = up(moved.cols, static_cast<uint64_t>(rig.limits.fractal_cols(type)));
  CHECK(rig.get_fractal(Mem::kL0B, 512, type, all_rows, all_cols) ==
        padded(moved, all_rows, all_cols));
}

TEST_CASE("feed reads and writes tiles with the pitches it is given") {
  Rig rig;
  const Matrix m = random_matrix(Type::kF16, 32, 48);
  rig.put_fractal(Mem::kL1, 512, m, 4096);
  Feed<Value> c;
  c.type = Type::kF16;
  c.src = 512;
  c.rows = 32;
  c.cols = 48;
  c.src_pitch = 4096;
  c.dst_pitch = 2048;
  rig.run(rig.cube(), c);
  CHECK(rig.get_fractal(Mem::kL0A, 0, Type::kF16, 32, 48, 2048) == m);
}

TEST_CASE("feed_bias widens to f32 and copies i32") {
  Rig rig;
  const Matrix half = random_matrix(Type::kBf16, 1, 9), whole = random_matrix(Type::kI32, 1, 9);
  rig.put(Mem::kL1, 0, 0, half);
  rig.put(Mem::kL1, 0, 64, whole);
  rig.run(rig.cube(), FeedBias<Value>{Type::kBf16, 16, 0, 9, {}});
  rig.run(rig.cube(), FeedBias<Value>{Type::kI32, 64, 64, 9, {}});
  const Matrix got = rig.get(Mem::kBias, 0, 16, Type::kF32, 1, 9);
  for (uint64_t i = 0; i < 9; ++i) CHECK(got.value(0, i) == half.value(0, i));
  CHECK(rig.get(Mem::kBias, 0, 64, Type::kI32, 1, 9) == whole);
}

TEST_CASE("feed_table copies a row of scales") {
  Rig rig;
  const Matrix scales = random_matrix(Type::kF32, 1, 20);
  rig.put(Mem::kL1, 0, 32, scales);
  rig.run(rig.cube(), FeedTable<Value>{8, 32, 20, {}});
  CHECK(rig.get(Mem::kTable, 0, 8, Type::kF32, 1, 20) == scales);
}

TEST_CASE("store writes rows to GM and to L1 in both layouts") {
  Rig rig;
  rig.dirty(Mem::kL1);
  const uint64_t gm = rig.tensor(4096);
  const Matrix m = random_matrix(Type::kF16, 5, 20);
  rig.put(Mem::kUb, 1, 64, m, 64);
  Store<Value> c;
  c.type = Type::kF16;
  c.dst = gm + 2;
  c.src = 64;
  c.rows = 5;
  c.cols = 20;
  c.dst_pitch = 46;
  c.src_pitch = 64;
  rig.run(rig.vector(), c);
  CHECK(rig.get(Mem::kGm, 0, gm + 2, Type::kF16, 5, 20, 46) == m);
  c.to = Mem::kL1;
  c.dst = 4096;
  c.dst_pitch = 64;
  rig.run(rig.vector(), c);
  CHECK(rig.get(Mem::kL1, 0, 4096, Type::kF16, 5, 20, 64) == m);
  c.layout = Layout::kFractal;
  c.dst = 5 * 32;
  c.dst_pitch = 1024;
  rig.run(rig.vector(), c);
  CHECK(rig.get_fractal(Mem::kL1, 5 * 32, Type::kF16, 5, 32, 1024) == padded(m, 5, 32));
  CHECK(*rig.at(Mem::kL1, 0, 10 * 32) == std::byte{0xa5});
}

TEST_CASE("an atomic store adds or takes the larger") {
  const auto type = GENERATE(Type::kF32, Type::kF16, Type::kBf16, Type::kI32);
  const auto atomic = GENERATE(Atomic::kAdd, Atomic::kMax);
  Rig rig;
  const uint64_t gm = rig.tensor(4096);
  const Matrix old = random_matrix(type, 3, 300, 1), added = random_matrix(type, 3, 300, 2);
  const uint64_t pitch = 300 * static_cast<uint64_t>(bytes_of(type)) + 8;
  rig.put(Mem::kGm, 0, gm, old, pitch);
  rig.put(Mem::kUb, 1, 0, added, 1216);
  Store<Value> c;
  c.type = type;
  c.atomic = atomic;
  c.dst = gm;
  c.rows = 3;
  c.cols = 300;
  c.dst_pitch = pitch;
  c.src_pitch = 1216;
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kGm, 0, gm, type, 3, 300, pitch);
  for (uint64_t r = 0; r < 3; ++r) {
    for (uint64_t i = 0; i < 300; ++i) {
      const double a = old.value(r, i), b = added.value(r, i);
      REQUIRE(got.at(r, i) == encode(type, atomic == Atomic::kAdd ? a + b : std::max(a, b)));
    }
  }
}

TEST_CASE("store_rows scatters rows by a list and drops those with a negative entry") {
  const auto atomic = GENERATE(Atomic::kNone, Atomic::kAdd);
  const auto list_in = GENERATE(Mem::kGm, Mem::kUb);
  Rig rig;
  const uint64_t table = rig.tensor(4096);
  const Matrix old = random_matrix(Type::kF32, 4, 6, 1), rows = random_matrix(Type::kF32, 3, 6, 2);
  rig.put(Mem::kGm, 0, table, old);
  rig.put(Mem::kUb, 1, 0, rows, 32);
  Matrix list(Type::kI32, 1, 3);
  list.codes = {2, 0xfffffff0, 0};
  const uint64_t list_at = list_in == Mem::kGm ? rig.tensor(64, "list") : 512;
  rig.put(list_in, 1, list_at, list);
  StoreRows<Value> c;
  c.type = Type::kF32;
  c.atomic = atomic;
  c.dst = table;
  c.list_in = list_in;
  c.list = list_at;
  c.rows = 3;
  c.cols = 6;
  c.dst_pitch = 24;
  c.src_pitch = 32;
  rig.run(rig.vector(), c);
  const Matrix got = rig.get(Mem::kGm, 0, table, Type::kF32, 4, 6);
  const auto expected = [&](uint64_t to, uint64_t from, uint64_t i) {
    const double base = atomic == Atomic::kAdd ? old.value(to, i) : 0;
    return encode(Type::kF32, base + rows.value(from, i));
  };
  for (uint64_t i = 0; i < 6; ++i) {
    CHECK(got.at(2, i) == expected(2, 0, i));
    CHECK(got.at(0, i) == expected(0, 2, i));
    CHECK(got.at(1, i) == old.at(1, i));
    CHECK(got.at(3, i) == old.at(3, i));
  }
}

TEST_CASE("setw adds to a word of GM and waitw takes from it") {
  Rig rig;
  const uint64_t word = rig.tensor(64);
  rig.run(rig.cube(), SetWord<Value>{Unit::kDrain, word + 8, 5});
  rig.run(rig.vector(), SetWord<Value>{Unit::kStore, word + 8, 2});
  rig.run(rig.vector(), WaitWord<Value>{Unit::kLoad, word + 8, 3});
  uint64_t value = 0;
  rig.gm.read(word + 8, &value, 8);
  CHECK(value == 4);
}
