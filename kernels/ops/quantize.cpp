#include "kernels/ops/quantize.h"

#include <fmt/format.h>

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// Bytes of UB for one row: its slots, itself in f32, its codes and what its groups need.
int64_t row_bytes(const Limits& machine, const QuantizeShape& s, int depth, int64_t folded) {
  const int64_t out = s.values ? bytes_of(s.type) : 1, width = s.width();
  return depth * (detail::padded_row(machine, s.cols, s.type) +
                  detail::round_up(s.cols * out, machine.ub_align)) +
         s.groups() * (width + (folded > 0 ? width + folded : 0)) * 4 +
         (s.values ? detail::round_up(s.cols, 32) : 0) + (4 * 4 + 2) * s.groups() +
         machine.ub_align;
}

int64_t room(const Limits& machine) { return static_cast<int64_t>(machine.ub) * 7 / 8; }

struct QuantizeTiling {
  int64_t rows = 0;
  int depth = 2;  // slots of x and of what comes out
  // Of groups of 32, less than a step of the vector unit: columns that are left when they are
  // folded to a word of UB, of which a reduction takes several at a time. 0: they are not.
  int64_t folded = 0;
};

QuantizeTiling quantize_tiling(const Limits& machine, const QuantizeShape& s) {
  QuantizeTiling tiling;
  const int64_t word = machine.ub_align / bytes_of(Type::kF32);
  const bool short_groups = s.width() == 32 && s.groups() > 1 && word > 1 && word < 32;
  if (short_groups && row_bytes(machine, s, 1, word) <= room(machine))
    tiling = {.depth = 1, .folded = word};
  const int64_t fit = room(machine) / row_bytes(machine, s, tiling.depth, tiling.folded);
  tiling.rows = std::min(fit, detail::ceil_div(s.rows, detail::vector_cores(machine)));
  return tiling;
}

}  // namespace

double QuantizeShape::largest() const {
  switch (code) {
    case Type::kE4m3:
      return 448;
    case Type::kE5m2:
      return 57344;
    case Type::kE2m1:
      return 6;
    default:
      return 127;
  }
}

// What the published quantisers use for fp8; elsewhere the smallest for which the scale is normal.
double QuantizeShape::floor() const {
  return code == Type::kE4m3 ? double{1e-4F} : largest() * 0x1p-126;
}

void QuantizeShape::check(const Limits& machine) const {
  detail::ShapeCheck check("quantize", machine);
  check.dimension("rows", rows);
  check.dimension("cols", cols);
  check.float_type("type", type);
  check.type("code", code, {Type::kE4m3, Type::kE5m2, Type::kE2m1, Type::kI8});
  check.type("scale", scale, {Type::kE8m0, Type::kF32});
  check.require(keep >= 0 && keep < cols, "keep must leave a channel to quantise");
  check.require(keep == 0 || values, "channels that stay have no codes: keep is for values");
  check.require(block_rows >= 1, "block_rows must be positive");
  check.require(block_rows == 1 || !values, "values have no blocks of rows");
  check.require(group >= 0 && group % 32 == 0, "group must be a multiple of 32, or 0");
  check.require(bits_of(code) == 8 || quantised() % 2 == 0, "codes of 4 bits come in pairs");
  check.require(quantised() > 1, "a row must have two channels to quantise");
  check.done();
  if (block_rows > 1) return;
  check.require(row_bytes(machine, *this, 2, 0) <= room(machine),
                fmt::format("a row of {} elements does not fit the {} bytes of UB of machine {}",
                            cols, machine.ub, machine.machine));
  check.done();
}

// A task is some whole rows. Seen as (rows * groups, channels of a group), a group is a row.
Program quantize(const Limits& machine, const QuantizeShape& s) {
  s.check(machine);
  const QuantizeTiling tiling = quantize_tiling(machine, s);
  const int64_t tile = tiling.rows, folded = tiling.folded, groups = s.groups();
  const int64_t used = s.quantised(), padded = groups * s.width();

  Kernel k{"quantize", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", tile), parts = k.dim("parts", tile * groups);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols});
  const Type out_type = s.values ? s.type : s.code;
  const Tensor out = k.tensor(s.values ? "y" : "codes", out_type, {s.rows, s.cols});
  std::optional<Tensor> scales;
  if (!s.values) scales = k.tensor("scales", s.scale, {s.rows, groups}).reshape({s.rows * groups});
  std::optional<Tile> half, word;
  if (folded > 0) {
    half = k.buffer("half", Type::kF32, {parts, s.width()});
    word = k.buffer("word", Type::kF32, {parts, folded});
  }
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {rows, s.cols}, tiling.depth);
  Ring& out_ub = k.ring("out_ub", Mem::kUb, out_type, {rows, s.cols}, tiling.depth);
  Ring* scales_ub = scales ? &k.ring("scales_ub", Mem::kUb, s.scale, {parts, 1}, 2) : nullptr;
  const Tile rounded = k.buffer("rounded", s.scale, {parts, 1}),
             scale = k.buffer("scale", Type::kF32, {parts, 1}),
             inverse = k.buffer("inverse", Type::kF32, {parts, 1});
  const Tile wide = k.buffer("wide", Type::kF32, {rows, padded}), some = wide.cols_from(0, used);
  std::optional<Tile> narrow;
  if (s.values) narrow = k.buffer("narrow", s.code, {rows, used});
  if (padded != used) v.fill(wide, 0);  // behind the last group, for good

  const auto find_largest = [&](const Tile& grouped) {
    if (folded == 0) return v.row_absmax(scale, grouped);
    v.abs(*half, grouped);
    for (int64_t left = s.width() / 2; left >= folded; left /= 2) {
      const Tile to = left == folded ? *word : half->cols_from(0, left);
      v.max(to, half->cols_from(0, left), half->cols_from(left, left));
    }
    v.row_max(scale, *word);
  };
  const auto find_scales = [&](const Tile& grouped) {
    find_largest(grouped);
    v.max(scale, scale, s.floor());
    v.div(scale, scale, s.largest());
    v.convert(rounded, scale, {.round = RoundMode::kCeil});
    if (s.scale != Type::kE8m0) return v.div(grouped, grouped, scale);
    v.convert(scale, rounded);
    v.rec(inverse, scale);
    v.mul(grouped, grouped, inverse);  // exact: a power of two
  };
  const auto some_rows = [&](Int r) {
    rows.clip(s.rows - r * tile);
    parts.clip(groups * Int(rows));
    const Tile grouped =
        groups == 1 ? some : wide.reshape(tile * groups, s.width()).clipped(parts, s.width());
    k.load(x_ub.push(), x.tile(r, 0));
    k.use(x_ub.pop(), out_ub.push(), [&](Tile in, Tile result) {
      v.convert(some, in.cols_from(0, used));
      find_scales(grouped);
      if (!s.values) return v.convert(result, some);
      v.convert(*narrow, some);
      v.convert(some, *narrow);
      v.mul(grouped, grouped, scale);
      v.convert(result.cols_from(0, used), some);
      if (s.keep > 0) v.copy(result.cols_from(used, s.keep), in.cols_from(used, s.keep));
    });
    k.store(out.tile(r, 0), out_ub.pop());
    if (!scales) return;
    v.copy(scales_ub->push(), rounded);
    k.store(scales->from(0, r * (tile * groups)), scales_ub->pop());
  };
  k.tasks(detail::ceil_div(s.rows, tile), some_rows, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
