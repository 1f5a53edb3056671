#include "kernels/ops/quantize.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "kernels/kit/kit.h"
#include "kernels/ops/row_folds.h"
#include "kernels/ops/row_parts.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

bool folded(const Limits& machine, const QuantizeShape& s) {
  return s.groups() > 1 && detail::RowFolds::pays(machine, s.width());
}

// Bytes of UB: slots, rows in f32, codes and what groups need.
int64_t bytes_of_parts(const Limits& machine, const QuantizeShape& s, const detail::RowParts& p) {
  const int64_t groups = p.rows * s.groups(), out = s.values ? bytes_of(s.type) : 1;
  int64_t row = p.depth * detail::padded_row(machine, s.cols, s.type) +
                detail::round_up(s.cols * out, machine.ub_align);
  if (s.values)
    row += detail::round_up(s.cols, machine.ub_align) + detail::padded_row(machine, s.keep, s.type);
  const int64_t folds =
      folded(machine, s) ? detail::RowFolds::bytes(machine, groups, s.width(), 1) : 0;
  return p.parts * (p.rows * row + folds + groups * (s.width() * 4 + 4 + 3 * bytes_of(s.scale)) +
                    6 * machine.ub_align);
}

int64_t room(const Limits& machine) { return static_cast<int64_t>(machine.ub) * 7 / 8; }

detail::RowParts choose_parts(const Limits& machine, const QuantizeShape& s) {
  const auto bytes = [&](const detail::RowParts& p) { return bytes_of_parts(machine, s, p); };
  return detail::choose_row_parts(machine, s.rows, s.cols, bytes, room(machine));
}

struct Part {
  int64_t number = 0;
  Dim rows, groups;  // groups of all rows
  Ring &x_ub, &out_ub;
  Ring* scales_ub;
  Tile wide, rounded, scale;
  std::optional<Tile> narrow, kept;
};

// Seen as (rows * groups, channels of a group), a group is a row.
class Quantizer {
 public:
  Quantizer(Kernel& k, const QuantizeShape& s)
      : k_(k),
        v_(k.vec),
        s_(s),
        tiling_(choose_parts(k.machine(), s)),
        deal_(k, tiling_),
        x_(k.tensor("x", s.type, {s.rows, s.cols})),
        out_(k.tensor(s.values ? "y" : "codes", out_type(), {s.rows, s.cols})) {
    if (!s.values)
      scales_ = k.tensor("scales", s.scale, {s.rows, s.groups()}).reshape({s.rows * s.groups()});
    declare_parts();
    if (folded(k.machine(), s))
      folds_.emplace(k, "folds", tiling_.parts * tiling_.rows * s.groups(), s.width(),
                     tiling_.parts);
  }

  void quantize() {
    k_.loop("round", deal_.rounds(s_.rows), [&](Int round) {
      each([&](const Part& p) { load(p, deal_.row(round, p.number)); });
      find_scales();
      divide();
      if (s_.values) each([&](const Part& p) { multiply(p); });
      each([&](const Part& p) { store(p, deal_.row(round, p.number)); });
    });
  }

 private:
  int64_t padded() const { return s_.groups() * s_.width(); }
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
    std::vector<std::pair<Dim, Ring*>> slots;
    std::vector<Tile> wide;
    for (int64_t i = 0; i < tiling_.parts; ++i) {
      const Dim rows = k_.dim("rows", tiling_.rows);
      slots.emplace_back(rows, &k_.ring("x_ub", Mem::kUb, s_.type, {rows, s_.cols}, tiling_.depth));
    }
    for (const auto& [rows, x_ub] : slots) {
      wide.push_back(k_.buffer("wide", Type::kF32, {rows, padded()}));
    }
    for (const auto& [rows, x_ub] : slots) {
      const Dim groups = k_.dim("groups", tiling_.rows * s_.groups());
      Part p{.number = static_cast<int64_t>(parts_.size()),
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
    deal_.load(p.x_ub.push(), x_, row, s_.cols, {.hint = Hint::kStream});
    // Behind the last group: dividing by the scale of a row with NaN leaves NaN there.
    if (padded() != s_.quantised()) v_.fill(p.wide, 0);
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
  const detail::RowParts tiling_;
  const detail::RowDeal deal_;
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
  check.require(bytes_of_parts(machine, *this, {.depth = 1}) <= room(machine),
                fmt::format("a row of {} elements does not fit the {} bytes of UB of machine {}",
                            cols, machine.ub, machine.machine));
  check.done();
}

Program quantize(const Limits& machine, const QuantizeShape& s) {
  s.check(machine);
  Kernel k{"quantize", machine};
  Quantizer(k, s).quantize();
  return k.finish();
}

}  // namespace npu
