#include "kernels/ops/quantize.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "kernels/kit/kit.h"
#include "kernels/ops/row_folds.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// Groups so short that closing the reduction of each would take longer than a step of the vector
// unit are folded block by block.
constexpr int64_t kShort = 512;

bool folded(const QuantizeShape& s) { return s.groups() > 1 && s.width() <= kShort; }

// Elements of a part: their instructions take long enough to hide that of the other part's result.
constexpr int64_t kPart = 4096;

struct QuantizeTiling {
  int64_t parts = 1, rows = 0;  // of a tile, and of a part
  int depth = 2;                // slots of x
};

// Bytes of UB for some rows: their slots, themselves in f32, their codes and what groups need.
int64_t part_bytes(const Limits& machine, const QuantizeShape& s, int64_t rows, int depth) {
  const int64_t groups = rows * s.groups(), out = s.values ? bytes_of(s.type) : 1;
  int64_t row = depth * detail::padded_row(machine, s.cols, s.type) +
                detail::round_up(s.cols * out, machine.ub_align);
  if (s.values)
    row += detail::round_up(s.cols, machine.ub_align) + detail::padded_row(machine, s.keep, s.type);
  const int64_t folds = folded(s) ? detail::RowFolds::bytes(machine, groups, s.width(), 1) : 0;
  return rows * row + folds + groups * (s.width() * 4 + 4 + 3 * bytes_of(s.scale)) +
         6 * machine.ub_align;
}

int64_t room(const Limits& machine) { return static_cast<int64_t>(machine.ub) * 7 / 8; }

// Two parts where there is room for two; more slots before more rows.
QuantizeTiling quantize_tiling(const Limits& machine, const QuantizeShape& s) {
  const int64_t most = detail::ceil_div(s.rows, detail::vector_cores(machine));
  const auto fits = [&](const QuantizeTiling& t) {
    return t.parts * part_bytes(machine, s, t.rows, t.depth) <= room(machine);
  };
  QuantizeTiling t{.parts = std::min<int64_t>(2, most), .rows = 1};
  if (!fits(t)) t.depth = 1;
  if (!fits(t)) t = {.parts = 1, .rows = 1};
  if (!fits(t)) t.depth = 1;
  const int64_t wanted = detail::ceil_div(std::min(most, t.parts * kPart / s.cols), t.parts);
  while (t.rows < wanted && fits({t.parts, t.rows + 1, t.depth})) ++t.rows;
  return t;
}

// Some rows of a tile on their way.
struct Part {
  int64_t first = 0;  // row of the tile
  Dim rows, groups;   // groups of all rows
  Ring &x_ub, &out_ub;
  Ring* scales_ub;
  Tile wide, rounded, scale;
  std::optional<Tile> narrow, kept;
};

// A task is some whole rows, in parts that take turns, so that none waits for the result that it
// has just asked for. Seen as (rows * groups, channels of a group), a group is a row.
class Quantizer {
 public:
  Quantizer(Kernel& k, const QuantizeShape& s)
      : k_(k),
        v_(k.vec),
        s_(s),
        tiling_(quantize_tiling(k.machine(), s)),
        x_(k.tensor("x", s.type, {s.rows, s.cols})),
        out_(k.tensor(s.values ? "y" : "codes", out_type(), {s.rows, s.cols})) {
    if (!s.values)
      scales_ = k.tensor("scales", s.scale, {s.rows, s.groups()}).reshape({s.rows * s.groups()});
    declare_parts();
    if (folded(s)) folds_.emplace(k, "folds", tile() * s.groups(), s.width(), tiling_.parts);
  }

  int64_t tile() const { return tiling_.parts * tiling_.rows; }

  void quantize(const Int& first_row) {
    each([&](const Part& p) { load(p, first_row + p.first); });
    find_scales();
    divide();
    if (s_.values) each([&](const Part& p) { multiply(p); });
    each([&](const Part& p) { store(p, first_row + p.first); });
  }

 private:
  Type out_type() const { return s_.values ? s_.type : s_.code; }
  template <class Step>
  void each(const Step& step) const {
    for (const Part& p : parts_) step(p);
  }
  Tile channels(const Part& p) const { return p.wide.cols_from(0, s_.quantised()); }
  Tile grouped(const Part& p) const {
    return p.wide.reshape(tiling_.rows * s_.groups(), s_.width());
  }
  Tile by_group(const Part& p) const {
    return s_.groups() == 1 ? channels(p) : grouped(p).clipped(p.groups, s_.width());
  }

  // All slots of x, then all rows in f32: what a conversion reads and what it writes then lie in
  // different banks of UB.
  void declare_parts() {
    const int64_t padded = s_.groups() * s_.width();
    std::vector<std::pair<Dim, Ring*>> slots;
    std::vector<Tile> wide;
    for (int64_t i = 0; i < tiling_.parts; ++i) {
      const Dim rows = k_.dim("rows", tiling_.rows);
      slots.emplace_back(rows, &k_.ring("x_ub", Mem::kUb, s_.type, {rows, s_.cols}, tiling_.depth));
    }
    for (const auto& [rows, x_ub] : slots) {
      wide.push_back(k_.buffer("wide", Type::kF32, {rows, padded}));
      if (padded != s_.quantised()) v_.fill(wide.back(), 0);  // behind the last group, for good
    }
    for (const auto& [rows, x_ub] : slots) {
      const Dim groups = k_.dim("groups", tiling_.rows * s_.groups());
      Part p{.first = static_cast<int64_t>(parts_.size()) * tiling_.rows,
             .rows = rows,
             .groups = groups,
             .x_ub = *x_ub,
             .out_ub = k_.ring("out_ub", Mem::kUb, out_type(), {rows, s_.cols}, 1),
             .scales_ub =
                 scales_ ? &k_.ring("scales_ub", Mem::kUb, s_.scale, {groups, 1}, 2) : nullptr,
             .wide = wide[parts_.size()],
             .rounded = k_.buffer("rounded", s_.scale, {groups, 1}),
             .scale = k_.buffer("scale", Type::kF32, {groups, 1})};
      if (s_.values) p.narrow = k_.buffer("narrow", s_.code, {rows, s_.quantised()});
      if (s_.keep > 0) p.kept = k_.buffer("kept", s_.type, {rows, s_.keep});
      parts_.push_back(p);
    }
  }

  void load(const Part& p, const Int& row) {
    p.rows.clip(s_.rows - row);
    p.groups.clip(s_.groups() * Int(p.rows));
    k_.load(p.x_ub.push(), x_.from(row, 0));
    k_.use(p.x_ub.pop(), [&](Tile in) {
      v_.convert(channels(p), in.cols_from(0, s_.quantised()));
      if (p.kept) v_.copy(*p.kept, in.cols_from(s_.quantised(), s_.keep));
    });
  }

  void find_scales() {
    const auto largest = [&](const Tile& to, const Tile& from) { v_.row_absmax(to, from); };
    if (folds_) {
      std::vector<detail::RowFolds::Strip> strips;
      each([&](const Part& p) { strips.push_back({grouped(p), p.scale, p.groups}); });
      folds_->fold(largest, strips);
    } else {
      each([&](const Part& p) { largest(p.scale, by_group(p)); });
    }
    each([&](const Part& p) { v_.max(p.scale, p.scale, s_.floor()); });
    each([&](const Part& p) { v_.div(p.scale, p.scale, s_.largest()); });
    each([&](const Part& p) { v_.convert(p.rounded, p.scale, {.round = RoundMode::kCeil}); });
  }

  void divide() {
    if (s_.scale != Type::kE8m0)
      return each([&](const Part& p) { v_.div(by_group(p), by_group(p), p.scale); });
    each([&](const Part& p) { v_.convert(p.scale, p.rounded); });
    each([&](const Part& p) { v_.rec(p.scale, p.scale); });
    each([&](const Part& p) { v_.mul(by_group(p), by_group(p), p.scale); });  // exact
  }

  // What the codes stand for.
  void multiply(const Part& p) {
    if (s_.scale == Type::kE8m0) v_.convert(p.scale, p.rounded);
    v_.convert(*p.narrow, channels(p));
    v_.convert(channels(p), *p.narrow);
    v_.mul(by_group(p), by_group(p), p.scale);
  }

  void store(const Part& p, const Int& row) {
    k_.use(p.out_ub.push(), [&](Tile result) {
      v_.convert(result.cols_from(0, s_.quantised()), channels(p));
      if (p.kept) v_.copy(result.cols_from(s_.quantised(), s_.keep), *p.kept);
    });
    k_.store(out_.from(row, 0), p.out_ub.pop());
    if (!scales_) return;
    v_.copy(p.scales_ub->push(), p.rounded);
    k_.store(scales_->from(0, row * s_.groups()), p.scales_ub->pop());
  }

  Kernel& k_;
  Vec& v_;
  const QuantizeShape& s_;
  const QuantizeTiling tiling_;
  const Tensor x_, out_;
  std::optional<Tensor> scales_;
  std::vector<Part> parts_;
  std::optional<detail::RowFolds> folds_;
};

}  // namespace

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
  check.require(part_bytes(machine, *this, 1, 1) <= room(machine),
                fmt::format("a row of {} elements does not fit the {} bytes of UB of machine {}",
                            cols, machine.ub, machine.machine));
  check.done();
}

Program quantize(const Limits& machine, const QuantizeShape& s) {
  s.check(machine);
  Kernel k{"quantize", machine};
  Quantizer quantizer(k, s);
  const int64_t tile = quantizer.tile();
  k.tasks(detail::ceil_div(s.rows, tile), [&](Int task) { quantizer.quantize(task * tile); },
          {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
