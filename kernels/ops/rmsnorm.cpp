#include "kernels/ops/rmsnorm.h"

#include <vector>

#include "kernels/kit/kit.h"
#include "kernels/ops/norm_rows.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

detail::NormRows norm_rows(const RmsNormShape& s, int wide) {
  return {.owner = "rmsnorm",
          .rows = s.rows,
          .cols = s.cols,
          .type = s.type,
          .weight_type = s.weight_type,
          .eps = s.eps,
          .weights = s.weighted ? 1 : 0,
          .wide = wide,
          .sums = 1};
}

struct Part : detail::RowSlots {
  Tile squares, scale;
};

}  // namespace

void RmsNormShape::check(const Limits& machine) const { norm_rows(*this, 1).check(machine); }

Program rmsnorm(const Limits& machine, const RmsNormShape& s) {
  s.check(machine);
  // The square of a row reads each factor from banks of its own, if there is room for two.
  const bool twice = norm_rows(s, 2).fits(machine);
  const detail::RowParts parts = detail::norm_parts(machine, norm_rows(s, twice ? 2 : 1));

  Kernel k{"rmsnorm", machine};
  Vec& v = k.vec;
  const Extent cols = detail::row_extent(k, "cols", s.cols);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols});
  std::vector<Tensor> weights;
  if (s.weighted) weights.push_back(k.tensor("weight", s.weight_type, {s.cols}));
  const Tensor y = k.tensor("y", s.type, {s.rows, s.cols});
  const detail::RowDeal deal(k, parts);
  detail::WideRows wide_weights(k, weights, cols);
  std::vector<Part> all;
  for (const detail::RowSlots& slots : detail::row_slots(k, parts, s.type, cols)) {
    all.push_back({slots, twice ? k.buffer("squares", Type::kF32, {slots.rows, cols}) : slots.wide,
                   k.buffer("scale", Type::kF32, {slots.rows, 1})});
  }
  const auto of_round = [&](const Int& round, const auto& step) {
    for (const Part& p : all) {
      const Int row = deal.row(round, p.number);
      p.rows.clip(s.rows - row);
      step(p, row);
    }
  };
  const auto each = [&](const auto& step) {
    for (const Part& p : all) step(p);
  };

  // What a layer reads is wanted once more, to add what the layer gives; heads are not.
  const LoadOptions options{.hint = s.weighted ? Hint::kKeep : Hint::kStream};
  const auto load = [&](const Int& round) {
    of_round(round, [&](const Part& p, const Int& row) {
      deal.load(p.x_ub.push(), x, row, s.cols, options);
    });
  };
  const auto square = [&](const Int& round) {
    of_round(round, [&](const Part& p, const Int&) {
      k.use(p.x_ub.pop(), [&](Tile row) {
        v.convert(p.wide, row);
        if (twice) return v.convert(p.squares, row);
        v.mul(p.wide, p.wide, p.wide);
        v.row_sum(p.scale, p.wide);
        v.convert(p.wide, row);
      });
    });
    if (!twice) return;
    each([&](const Part& p) { v.mul(p.squares, p.squares, p.wide); });
    each([&](const Part& p) { v.row_sum(p.scale, p.squares); });
  };
  const auto normalise = [&](const Int& round, const std::vector<Tile>& held) {
    // Between the sum and what becomes of it: the weights need no scale.
    of_round(round, [&](const Part& p, const Int&) {
      for (const Tile& weight : held) v.mul(p.wide, p.wide, weight);
    });
    each([&](const Part& p) { v.fma(p.scale, p.scale, 1.0 / static_cast<double>(s.cols), s.eps); });
    each([&](const Part& p) { v.rsqrt(p.scale, p.scale); });
    each([&](const Part& p) { v.mul(p.wide, p.wide, p.scale); });
    each([&](const Part& p) { v.convert(p.y_ub.push(), p.wide); });
    of_round(round, [&](const Part& p, const Int& row) { k.store(y.from(row, 0), p.y_ub.pop()); });
  };
  detail::norm_rounds(
      k, wide_weights, deal.rounds(s.rows),
      {.load = load, .start = square, .begin = square, .prepare = {}, .finish = normalise});
  return k.finish();
}

}  // namespace npu
