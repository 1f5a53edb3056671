// The verbs of the vector unit: UB x UB -> UB. The extent of a verb is the smallest of its
// operands' extents; sources that are one row or one column are repeated. A destination may be one
// of the sources, exactly. Both types of an operation are those of the destination, unless it says
// otherwise.
#pragma once

#include "isa/instructions/operands.h"
#include "kernels/kit/ring.h"

namespace npu {

inline constexpr Compare kEqual = Compare::kEq;
inline constexpr Compare kNotEqual = Compare::kNe;
inline constexpr Compare kLess = Compare::kLt;
inline constexpr Compare kLessEqual = Compare::kLe;
inline constexpr Compare kGreater = Compare::kGt;
inline constexpr Compare kGreaterEqual = Compare::kGe;

// Keeps col - slope * row <= diagonal (and >= lowest, if given), with rows and columns counted in
// the slot that the tile was cut from, over all vector cores.
struct BandOptions {
  Int diagonal = 0;
  std::optional<Int> lowest = std::nullopt;
  Int slope = 1;
};

struct ScanOptions {
  bool by_column = false;
  bool exclusive = false;
};

struct ConvertOptions {
  RoundMode round = RoundMode::kRne;
};

// d[r, c] = start + c * col_step + r * row_step, for i32.
struct IotaOptions {
  Int start = 0;
  Int col_step = 1;
  Int row_step = 0;
};

class Vec {
 public:
  explicit Vec(kit::Recorder* recorder) : recorder_(recorder) {}

  void fill(const Dst& d, const Operand& value, Where at = Where::here());
  void copy(const Dst& d, const Operand& a, Where at = Where::here());
  void abs(const Dst& d, const Operand& a, Where at = Where::here());
  void neg(const Dst& d, const Operand& a, Where at = Where::here());
  void relu(const Dst& d, const Operand& a, Where at = Where::here());
  void exp(const Dst& d, const Operand& a, Where at = Where::here());
  void ln(const Dst& d, const Operand& a, Where at = Where::here());
  void sqrt(const Dst& d, const Operand& a, Where at = Where::here());
  void rsqrt(const Dst& d, const Operand& a, Where at = Where::here());
  void rec(const Dst& d, const Operand& a, Where at = Where::here());
  void bit_not(const Dst& d, const Operand& a, Where at = Where::here());
  // d = the 32-bit random number that each counter of a (u32) stands for.
  void hash(const Dst& d, const Operand& a, Where at = Where::here());

  void add(const Dst& d, const Operand& a, const Operand& b, Where at = Where::here());
  void sub(const Dst& d, const Operand& a, const Operand& b, Where at = Where::here());
  void mul(const Dst& d, const Operand& a, const Operand& b, Where at = Where::here());
  void div(const Dst& d, const Operand& a, const Operand& b, Where at = Where::here());
  void max(const Dst& d, const Operand& a, const Operand& b, Where at = Where::here());
  void min(const Dst& d, const Operand& a, const Operand& b, Where at = Where::here());
  void bit_and(const Dst& d, const Operand& a, const Operand& b, Where at = Where::here());
  void bit_or(const Dst& d, const Operand& a, const Operand& b, Where at = Where::here());
  void bit_xor(const Dst& d, const Operand& a, const Operand& b, Where at = Where::here());
  void shl(const Dst& d, const Operand& a, const Operand& b, Where at = Where::here());
  void shr(const Dst& d, const Operand& a, const Operand& b, Where at = Where::here());
  // d = a * b + c, one rounding in f32.
  void fma(const Dst& d, const Operand& a, const Operand& b, const Operand& c,
           Where at = Where::here());

  // mask (u8, one bit an element: rows x ceil(cols / 8)) = a COND b, in the type of a.
  void cmp(const Dst& mask, const Operand& a, Compare cond, const Operand& b,
           Where at = Where::here());
  // d = mask bit ? a : b
  void select(const Dst& d, const Src& mask, const Operand& a, const Operand& b,
              Where at = Where::here());
  // d = a inside the band, `outside` elsewhere.
  void band(const Dst& d, const Src& a, const BandOptions& band, const Operand& outside,
            Where at = Where::here());

  // d (rows x 1) = over each row of a; row_argmax: i32, the first of equals.
  void row_sum(const Dst& d, const Src& a, Where at = Where::here());
  void row_max(const Dst& d, const Src& a, Where at = Where::here());
  void row_min(const Dst& d, const Src& a, Where at = Where::here());
  void row_absmax(const Dst& d, const Src& a, Where at = Where::here());
  void row_argmax(const Dst& d, const Src& a, Where at = Where::here());
  // d (1 x cols) = over each column of a, rows in ascending order.
  void col_sum(const Dst& d, const Src& a, Where at = Where::here());
  void col_max(const Dst& d, const Src& a, Where at = Where::here());
  // d (rows x 1, i32) = 1 bits in each row of the mask.
  void count(const Dst& d, const Src& mask, Where at = Where::here());
  void scan(const Dst& d, const Src& a, const ScanOptions& options = {}, Where at = Where::here());

  void iota(const Dst& d, const IotaOptions& options = {}, Where at = Where::here());
  // d = a in d's type. A tile, row or column of its own type.
  void convert(const Dst& d, const Src& a, const ConvertOptions& options = {},
               Where at = Where::here());
  // d (cols x rows) = a (rows x cols) transposed.
  void transpose(const Dst& d, const Src& a, Where at = Where::here());
  // d[r, 2c] = a[r, c], d[r, 2c + 1] = b[r, c]
  void zip(const Dst& d, const Src& a, const Src& b, Where at = Where::here());
  // even[r, c] = a[r, 2c], odd[r, c] = a[r, 2c + 1]
  void unzip(const Dst& even, const Dst& odd, const Src& a, Where at = Where::here());
  // d[r, c] = element index[r, c] (i32) of the dense tile a, read as a flat array.
  void gather(const Dst& d, const Src& a, const Src& index, Where at = Where::here());
  // row i of d = row index[0, i] (1 x rows of i32) of a.
  void gather_rows(const Dst& d, const Src& a, const Src& index, Where at = Where::here());
  // element index[r, c] (i32) of the dense tile d, seen as a flat array, = a[r, c]; nothing where
  // it is negative.
  void scatter(const Dst& d, const Src& a, const Src& index, Where at = Where::here());
  // d (one row, room for all of a) = the elements of a whose mask bit is 1, then zeros; number (1 x
  // 1 of i32) = how many.
  void compress(const Dst& d, const Dst& number, const Src& a, const Src& mask,
                Where at = Where::here());
  // bins (one row of i32) [x] += 1 for every x of a (i32 or u8); values outside are left out.
  void histogram(const Dst& bins, const Src& a, Where at = Where::here());
  // Pairs of (value f32 or i32, index i32), as `zip` makes them, twice as many columns as pairs.
  // sort: every 32 pairs of a row by value descending, then index ascending, NaN first.
  void sort(const Dst& d, const Src& a, Where at = Where::here());
  // row of d = the first pairs, as many as it holds, of the four sorted lists that the row of a
  // consists of, a quarter of its columns each. More rows of d than of a is an error.
  void merge(const Dst& d, const Src& a, Where at = Where::here());

 private:
  kit::Recorder* recorder_;
};

}  // namespace npu
