#include "kernels/ops/hyper_connection.h"

#include <optional>

#include "kernels/kit/kit.h"
#include "kernels/ops/hyper_tiling.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

void sigmoid(Vec& v, const Tile& z) {
  v.neg(z, z);
  v.exp(z, z);
  v.add(z, z, 1);
  v.rec(z, z);
}

// The 4 x 4 matrices of all tokens, row (j, k) of `comb` holding entry (j, k) with a token a
// column: rows sum to 1, then columns, again and again.
void sinkhorn(Kernel& k, const HyperShape& s, const Tile& comb, const Tile& sums) {
  Vec& v = k.vec;
  const auto entries = [&](int64_t j) { return comb.rows(j, s.streams); };  // of row j
  const auto divide_by_column_sums = [&] {
    v.add(sums, entries(0), entries(1));
    for (int64_t j = 2; j < s.streams; ++j) v.add(sums, sums, entries(j));
    v.add(sums, sums, s.eps);
    for (int64_t j = 0; j < s.streams; ++j) v.div(entries(j), entries(j), sums);
  };
  const auto divide_by_row_sums = [&](double eps) {
    for (int64_t j = 0; j < s.streams; ++j) v.col_sum(sums.row(j), entries(j));
    if (eps != 0) v.add(sums, sums, eps);
    for (int64_t j = 0; j < s.streams; ++j) v.div(entries(j), entries(j), sums.row(j));
  };
  for (int64_t j = 0; j < s.streams; ++j) {
    v.col_max(sums.row(j), entries(j));
    v.sub(entries(j), entries(j), sums.row(j));
  }
  v.exp(comb, comb);
  divide_by_row_sums(0);  // with the exponentials: softmax
  v.add(comb, comb, s.eps);
  divide_by_column_sums();
  k.loop("round", s.rounds - 1, [&](Int) {
    divide_by_row_sums(s.eps);
    divide_by_column_sums();
  });
}

// What hc_pre gives beside x: post and comb of some tokens.
class Sides {
 public:
  Sides(Kernel& k, const HyperShape& s, const Dim& mine)
      : k_(k),
        s_(s),
        post_(k.tensor("post", Type::kF32, {s.tokens, s.streams})),
        comb_(k.tensor("comb", Type::kF32, {s.tokens, s.streams * s.streams})),
        post_ub_(k.ring("post_ub", Mem::kUb, Type::kF32, {mine, s.streams}, 1)),
        comb_ub_(k.ring("comb_ub", Mem::kUb, Type::kF32, {mine, s.streams * s.streams}, 1)),
        sums_(k.buffer("column_sums", Type::kF32, {s.streams, mine})) {}

  void store(const Int& row, const Tile& post, const Tile& comb) {
    sigmoid(k_.vec, post);
    k_.vec.mul(post, post, 2);
    k_.vec.transpose(post_ub_.push(), post);
    k_.store(k_.share(post_.from(row, 0)), post_ub_.pop());
    sinkhorn(k_, s_, comb, sums_);
    k_.vec.transpose(comb_ub_.push(), comb);
    k_.store(k_.share(comb_.from(row, 0)), comb_ub_.pop());
  }

 private:
  Kernel& k_;
  const HyperShape& s_;
  const Tensor post_, comb_;
  Ring &post_ub_, &comb_ub_;
  const Tile sums_;
};

// A task is some tokens of one group. The vector cores sum up squares and hand h in f32 to the
// cube, which multiplies by fn. The mixes, a token a column, become coefficients, with which h is
// mixed when it is read once more.
Program mixture(const char* name, const Limits& machine, const HyperShape& s, bool head) {
  s.check(machine);
  const int64_t n = s.streams, mixes = head ? n : s.mixes(), scales = head ? 1 : 3;
  const detail::MixtureTiling t = detail::choose_mixture(machine, s, mixes);
  const int64_t pieces = detail::ceil_div(s.dim, t.piece);

  Kernel k{name, machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", t.mine * machine.vectors), mine = k.share(rows),
            cols = k.dim("cols", t.piece);
  const Tensor h = k.tensor("h", s.type, {s.tokens, s.width()});
  const Tensor fn = k.tensor("fn", Type::kF32, {mixes, s.width()});
  const Tensor scale = k.tensor("scale", Type::kF32, {scales});
  const Tensor base = k.tensor("base", Type::kF32, {mixes});
  const Tensor x = k.tensor("x", s.type, {s.tokens, s.dim});

  Ring& fn_l1 = k.ring("fn_l1", Mem::kL1, Type::kF32, {mixes, cols}, 2);
  Ring& a_l0 = k.ring("a_l0", Mem::kL0A, Type::kF32, {rows, t.step}, 2);
  Ring& b_l0 = k.ring("b_l0", Mem::kL0B, Type::kF32, {mixes, t.step}, 2);
  Ring& sums = k.ring("sums", Mem::kL0C, Type::kF32, {rows, mixes}, 2);
  Link& h_l1 = k.link("h_l1", Dir::kToCube, Type::kF32, {rows, cols});
  Link& products = k.link("products", Dir::kToVector, Type::kF32, {rows, mixes}, {.landing = 1});
  Ring& h_ub = k.ring("h_ub", Mem::kUb, s.type, {mine, cols}, 2);
  Ring& wide_ub = k.ring("wide_ub", Mem::kUb, Type::kF32, {mine, cols}, 2);
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {mine, cols}, 2);
  Ring& scale_ub = k.ring("scale_ub", Mem::kUb, Type::kF32, {1, scales}, 1);
  Ring& base_ub = k.ring("base_ub", Mem::kUb, Type::kF32, {mixes, 1}, 1);
  const Tile square = k.buffer("square", Type::kF32, {mine, cols}),
             wide = k.buffer("wide", Type::kF32, {mine, cols});
  const Tile norm = k.buffer("norm", Type::kF32, {mine, 1}),
             part = k.buffer("part", Type::kF32, {mine, 1});
  const Tile by_token = k.buffer("by_token", Type::kF32, {mine, mixes}),
             mix = k.buffer("mix", Type::kF32, {mixes, mine}),  // a token a column
      pre = k.buffer("pre", Type::kF32, {mine, n});

  const auto multiply = [&](const Tile& sum, Int row, Int col) {
    k.load(h_ub.push(), k.share(h.from(row, col)));
    k.use(wide_ub.push(), [&](Tile f32) {
      v.convert(f32, h_ub.pop());
      v.mul(square, f32, f32);
      v.row_sum(part, square);
      v.add(norm, norm, part);
    });
    k.store(h_l1.push(), wide_ub.pop());
    k.load(fn_l1.push(), fn.from(0, col));
    k.use(h_l1.pop(), fn_l1.pop(), [&](Tile a, Tile b) {
      k.loop("step", ceil_div(cols, t.step), [&](Int i) {
        k.feed(a_l0.push(), a.cols(i, t.step));
        k.feed(b_l0.push(), b.cols(i, t.step).t());
        k.mma(sum, a_l0.pop(), b_l0.pop());
      });
    });
  };
  // by_token = (h fn^T) / sqrt(mean of h^2 + norm_eps)
  const auto normalised_products = [&](Int row) {
    v.fill(norm, 0);
    k.use(sums.push(), [&](Tile sum) {
      // Every group begins elsewhere, or all of them would wait for the same lines of fn.
      k.loop("turn", n * pieces, [&](Int i) {
        const Int at = (i + k.group()) % (n * pieces), col = at % pieces * t.piece;
        cols.clip(s.dim - col);
        multiply(sum, row, at / pieces * s.dim + col);
      });
    });
    k.drain(products.push(), sums.pop());
    v.mul(norm, norm, 1.0 / static_cast<double>(s.width()));
    v.add(norm, norm, s.norm_eps);
    v.rsqrt(norm, norm);
    v.mul(by_token, products.pop(), norm);
  };
  const auto mix_streams = [&](Int row) {
    k.tiles("mix", s.dim, cols, [&](Int c) {
      v.fill(square, 0);
      for (int64_t j = 0; j < n; ++j) {
        k.load(h_ub.push(), k.share(h.from(row, j * s.dim + c * t.piece)));
        v.convert(wide, h_ub.pop());
        v.fma(square, wide, pre.col(j), square);
      }
      v.convert(x_ub.push(), square);
      k.store(k.share(x.from(row, c * t.piece)), x_ub.pop());
    });
  };

  std::optional<Sides> sides;
  if (!head) sides.emplace(k, s, mine);
  k.load(scale_ub.push(), scale);
  k.load(base_ub.push(), base);
  k.use(scale_ub.pop(), base_ub.pop(), [&](Tile factor, Tile offset) {
    const auto scaled = [&](int which, int64_t first, int64_t count) {
      const Tile some = mix.rows_from(first, count);
      v.fma(some, some, factor.col(which), offset.rows_from(first, count));
      return some;
    };
    k.tasks(detail::ceil_div(s.tokens, rows.capacity()), [&](Int task) {
      const Int row = task * rows.capacity();
      rows.clip(s.tokens - row);
      normalised_products(row);
      v.transpose(mix, by_token);
      const Tile z = scaled(0, 0, n);
      sigmoid(v, z);
      v.add(z, z, s.eps);
      v.transpose(pre, z);
      if (sides) sides->store(row, scaled(1, n, n), scaled(2, 2 * n, n * n));
      mix_streams(row);
    });
  });
  return k.finish();
}

}  // namespace

void HyperShape::check(const Limits& machine) const {
  detail::ShapeCheck check("hc", machine);
  check.dimension("tokens", tokens);
  check.dimension("dim", dim);
  check.dimension("rounds", rounds);
  check.require(tile >= 0 && tile <= detail::MixtureTiling::kMostTokens,
                "tile must be from 0 to 32");
  check.require(streams >= 2 && streams <= 8, "streams must be from 2 to 8");
  check.require(eps >= 0 && norm_eps >= 0, "eps must not be negative");
  check.float_type("type", type);
  check.cube_type("the type of the products", Type::kF32);
  check.done();
}

Program hc_pre(const Limits& machine, const HyperShape& shape) {
  return mixture("hc_pre", machine, shape, false);
}

Program hc_head(const Limits& machine, const HyperShape& shape) {
  return mixture("hc_head", machine, shape, true);
}

}  // namespace npu
