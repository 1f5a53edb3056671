#include "kernels/ops/attention_core.h"

#include <algorithm>

#include "kernels/ops/tiling.h"

namespace npu::detail {

AttentionCore::AttentionCore(Kernel& k, const AttentionShape& s, const AttentionTiling& t)
    : rows(k.dim("rows", t.rows)),
      mine(k.share(rows)),
      keys(k.dim("keys", t.keys)),
      max(k.buffer("max", Type::kF32, {mine, 1})),
      sum(k.buffer("sum", Type::kF32, {mine, 1})),
      output(k.buffer("output", Type::kF32, {mine, s.values()})),
      k_(k),
      v_(k.vec),
      shape_(s),
      tiling_(t),
      block_(t.block == t.keys ? keys : k.dim("block", t.block)),
      q_l1_(k.ring("q_l1", Mem::kL1, s.type, {rows, s.head_dim}, 2)),
      k_l1_(k.ring("k_l1", Mem::kL1, s.type, {block_, s.head_dim}, 2)),
      v_l1_(s.shared ? nullptr : &k.ring("v_l1", Mem::kL1, s.type, {block_, s.values()}, 2)),
      a_l0_(k.ring("a_l0", Mem::kL0A, s.type, {rows, t.step}, 2)),
      b_l0_(k.ring("b_l0", Mem::kL0B, s.type, {std::max(t.block, s.values()), t.step}, 2)),
      sums_(k.ring("sums", Mem::kL0C, Type::kF32, {rows, std::max(t.block, s.values())}, 2)),
      p_ub_(k.ring("p_ub", Mem::kUb, s.type, {t.piece, keys}, 2)),
      decay_(k.ring("decay", Mem::kUb, Type::kF32, {mine, 1}, kSkew + 1)),
      scores_(k.link("scores", Dir::kToVector, Type::kF32, {rows, keys},
                     {.depth = 2, .piece = t.piece})),
      probs_(k.link("probs", Dir::kToCube, s.type, {rows, keys}, {.depth = 2, .piece = t.piece})),
      parts_(k.link("parts", Dir::kToVector, Type::kF32, {rows, s.values()},
                    {.depth = k.machine().l0c_to_ub ? 1 : 2, .piece = t.piece})),
      folds_(k, "folds", t.piece, t.keys, t.strips),
      top_(k.buffer("top", Type::kF32, {t.piece, 1})),
      part_(k.buffer("part", Type::kF32, {t.piece, 1})),
      weight_(k.buffer("weight", Type::kF32, {mine, 1})) {}

void AttentionCore::attend(const View& query, const Keys& wanted) {
  v_.fill(max, kLowest);
  v_.fill(sum, 0);
  v_.fill(output, 0);
  k_.load(q_l1_.push(), query);
  k_.use(q_l1_.pop(), [&](Tile q) {  // the query stays for the whole task
    k_.stages(
        "j", wanted.count, keys,
        {Stage{0, [&](Int j) { score(q, wanted, j); }},
         Stage{0, [&](Int j) { probabilities(wanted, j); }},
         Stage{kSkew, [&](Int j) { weigh(wanted, j); }}, Stage{kSkew, [&](Int) { accumulate(); }}});
  });
}

void AttentionCore::add_sink(const Operand& sink) {
  v_.max(weight_, max, sink);
  v_.sub(max, max, weight_);
  v_.exp(max, max);
  v_.mul(sum, sum, max);
  v_.mul(output, output, max);
  v_.sub(weight_, sink, weight_);
  v_.exp(weight_, weight_);
  v_.add(sum, sum, weight_);
}

void AttentionCore::divide() {
  v_.max(sum, sum, kSmallestSum);
  v_.div(output, output, sum);
}

// The cube takes a tile of keys by blocks.
void AttentionCore::blocks(const std::function<void(Int)>& body) {
  if (tiling_.block == tiling_.keys) return body(0);
  k_.tiles("block", keys, block_, body);
}

// Cube: scores = q k^T.
void AttentionCore::score(const Tile& q, const Keys& wanted, const Int& j) {
  k_.use(scores_.push(), [&](Tile scores) {
    blocks([&](Int b) {
      const Int first = j * tiling_.keys + b * tiling_.block;
      k_.use(k_l1_.push(), [&](Tile slot) { wanted.load_key(slot, first); });
      k_.use(shape_.shared ? k_l1_.peek() : k_l1_.pop(), sums_.push(), [&](Tile kt, Tile c) {
        const auto part_of_q = [&](Int i, int64_t n) { return q.cols(i, n); };
        const auto part_of_k = [&](Int i, int64_t n) { return kt.cols(i, n).t(); };
        multiply(c, shape_.head_dim, shape_.head_dim, part_of_q, part_of_k);
      });
      k_.drain(scores.cols(b, tiling_.block), sums_.pop(), {.scale = shape_.scale_or_default()});
    });
  });
}

// Cube: partial output = p v.
void AttentionCore::weigh(const Keys& wanted, const Int& j) {
  k_.use(probs_.pop(), sums_.push(), [&](Tile p, Tile c) {
    blocks([&](Int b) {
      const Tile some = p.cols(b, tiling_.block);
      if (shape_.shared) {
        k_.use(k_l1_.pop(), [&](Tile key) { multiply_value(c, some, key); });
      } else {
        const Int first = j * tiling_.keys + b * tiling_.block;
        k_.use(v_l1_->push(), [&](Tile slot) { wanted.load_value(slot, first); });
        k_.use(v_l1_->pop(), [&](Tile value) { multiply_value(c, some, value); });
      }
    });
  });
  k_.drain(parts_.push(), sums_.pop());
}

void AttentionCore::multiply_value(const Tile& c, const Tile& p, const Tile& value) {
  const Tile channels = value.clipped(tiling_.block, shape_.values());
  const auto part_of_p = [&](Int i, int64_t n) { return p.cols(i, n); };
  const auto part_of_v = [&](Int i, int64_t n) { return channels.rows(i, n); };
  multiply(c, block_, tiling_.block, part_of_p, part_of_v);
}

// c += a b, in steps of the contracted dimension, `most` of which are in the slots and `depth` in
// use.
void AttentionCore::multiply(const Tile& c, const Int& depth, int64_t most, const Part& a,
                             const Part& b) {
  const int64_t count = std::min(tiling_.step, most);
  const auto step = [&](Int i) {
    k_.feed(a_l0_.push(), a(i, count));
    k_.feed(b_l0_.push(), b(i, count));
    k_.mma(c, a_l0_.pop(), b_l0_.pop());
  };
  count == most ? step(0) : k_.loop("step", ceil_div(depth, count), step);
}

// Instructions on parts of a piece take turns: one seldom waits for the result of the one before.
void AttentionCore::strips(const std::function<void(int64_t)>& body) {
  for (int64_t i = 0; i < tiling_.strips; ++i) body(i);
}

// Vector: scores become probabilities relative to the rows' new maximum; the factor by which older
// sums and outputs shrink is kept for accumulate().
void AttentionCore::probabilities(const Keys& wanted, const Int& j) {
  const int64_t strip = tiling_.piece / tiling_.strips;
  if (wanted.prepare) wanted.prepare(j);
  k_.use(decay_.push(), probs_.push(), [&](Tile decays, Tile p_slot) {
    k_.pieces(scores_.pop(), [&](Tile x, Rows at) {
      const Tile old_max = max.rows(at), old_sum = sum.rows(at), decay = decays.rows(at);
      if (wanted.mask) wanted.mask(x, j);
      reduce(top_, x, at, true);
      v_.max(top_, top_, old_max);
      v_.sub(decay, old_max, top_);
      strips([&](int64_t i) { v_.sub(x.rows(i, strip), x.rows(i, strip), top_.rows(i, strip)); });
      v_.exp(decay, decay);
      v_.copy(old_max, top_);
      strips([&](int64_t i) { v_.exp(x.rows(i, strip), x.rows(i, strip)); });
      k_.use(p_ub_.push(), [&](Tile p) {
        strips([&](int64_t i) { v_.convert(p.rows(i, strip), x.rows(i, strip)); });
      });
      k_.store(p_slot.rows(at), p_ub_.pop());
      reduce(part_, x, at, false);
      v_.fma(old_sum, old_sum, decay, part_);
    });
  });
}

// result (rows x 1) = maximum or sum of each row of a piece, folded where the piece is whole.
void AttentionCore::reduce(const Tile& result, const Tile& x, const Rows& at, bool maximum) {
  const auto one = [&](const Tile& to, const Tile& from) {
    maximum ? v_.row_max(to, from) : v_.row_sum(to, from);
  };
  const Cond whole = keys.value() == tiling_.keys && mine.value() >= at.first + at.count;
  k_.when(whole, [&] { folds_.fold(one, result, x); });
  k_.when(!whole, [&] { one(result, x); });
}

// Vector: output = output * decay + partial output.
void AttentionCore::accumulate() {
  k_.use(decay_.pop(), [&](Tile decays) {
    k_.pieces(parts_.pop(), [&](Tile x, Rows at) {
      v_.fma(output.rows(at), output.rows(at), decays.rows(at), x);
    });
  });
}

}  // namespace npu::detail
