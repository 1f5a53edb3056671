#include "kernels/ops/layernorm.h"

#include <cmath>
#include <vector>

#include "kernels/kit/kit.h"
#include "kernels/ops/norm_rows.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

detail::NormRows norm_rows(const LayerNormShape& s) {
  return {.owner = "layernorm",
          .rows = s.rows,
          .cols = s.cols,
          .type = s.type,
          .weight_type = s.weight_type,
          .eps = s.eps,
          .weights = 2,
          .wide = 2,
          .sums = 2};
}

struct Part : detail::RowSlots {
  Tile squares, sum, scale;
};

}  // namespace

void LayerNormShape::check(const Limits& machine) const { norm_rows(*this).check(machine); }

// Deviations are n times too large and of the other sign: sum - n x needs no mean. eps joins each
// square as n^2 eps, so that the sum of a row is n^3 (variance + eps); the weights put it right.
Program layernorm(const Limits& machine, const LayerNormShape& s) {
  s.check(machine);
  const detail::RowParts parts = detail::norm_parts(machine, norm_rows(s));
  const double n = static_cast<double>(s.cols);

  Kernel k{"layernorm", machine};
  Vec& v = k.vec;
  const Extent cols = detail::row_extent(k, "cols", s.cols);
  const Tensor x = k.tensor("x", s.type, {s.rows, s.cols});
  const Tensor weight_row = k.tensor("weight", s.weight_type, {s.cols}),
               bias_row = k.tensor("bias", s.weight_type, {s.cols});
  const Tensor y = k.tensor("y", s.type, {s.rows, s.cols});
  const detail::RowDeal deal(k, parts);
  detail::WideRows weight_and_bias(k, {weight_row, bias_row}, cols);
  std::vector<Part> all;
  for (const detail::RowSlots& slots : detail::row_slots(k, parts, s.type, cols)) {
    all.push_back({slots, k.buffer("squares", Type::kF32, {slots.rows, cols}),
                   k.buffer("sum", Type::kF32, {slots.rows, 1}),
                   k.buffer("scale", Type::kF32, {slots.rows, 1})});
  }
  // A step with each of some parts, in their rows of the round.
  const auto of_round = [&](const std::vector<Part>& some, const Int& round, const auto& step) {
    for (const Part& p : some) {
      const Int row = deal.row(round, p.number);
      p.rows.clip(s.rows - row);
      step(p, row);
    }
  };
  const auto each = [](const std::vector<Part>& some, const auto& step) {
    for (const Part& p : some) step(p);
  };

  const auto load = [&](const Int& round) {
    of_round(all, round,
             [&](const Part& p, const Int& row) { deal.load(p.x_ub.push(), x, row, s.cols); });
  };
  const auto deviate = [&](const std::vector<Part>& some, const Int& round) {
    of_round(some, round, [&](const Part& p, const Int&) { v.convert(p.wide, p.x_ub.pop()); });
    each(some, [&](const Part& p) { v.row_sum(p.sum, p.wide); });
    each(some, [&](const Part& p) { v.fma(p.wide, p.wide, -n, p.sum); });
    each(some, [&](const Part& p) { v.fma(p.squares, p.wide, p.wide, n * n * double{s.eps}); });
    each(some, [&](const Part& p) { v.row_sum(p.scale, p.squares); });
  };
  const auto start = [&](const Int& round) {
    for (const Part& p : all) deviate({p}, round);
  };
  const auto normalise = [&](const Int& round, const std::vector<Tile>& weights) {
    of_round(all, round, [&](const Part& p, const Int&) {
      v.rsqrt(p.scale, p.scale);
      v.mul(p.wide, p.wide, weights[0]);
    });
    each(all, [&](const Part& p) { v.fma(p.wide, p.wide, p.scale, weights[1]); });
    each(all, [&](const Part& p) { v.convert(p.y_ub.push(), p.wide); });
    of_round(all, round,
             [&](const Part& p, const Int& row) { k.store(y.from(row, 0), p.y_ub.pop()); });
  };
  const auto prepare = [&](const std::vector<Tile>& weights) {
    v.mul(weights[0], weights[0], -std::sqrt(n));
  };
  detail::norm_rounds(k, weight_and_bias, deal.rounds(s.rows),
                      {.load = load,
                       .start = start,
                       .begin = [&](const Int& round) { deviate(all, round); },
                       .prepare = prepare,
                       .finish = normalise});
  return k.finish();
}

}  // namespace npu
