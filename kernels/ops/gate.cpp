#include "kernels/ops/gate.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// Turns the logits of some tokens, a token a row, into scores.
class Scorer {
 public:
  Scorer(Kernel& k, const Dim& rows, int64_t cols)
      : v_(k.vec),
        exp_(k.buffer("exp", Type::kF32, {rows, cols})),
        sum_(k.buffer("sum", Type::kF32, {rows, cols})),
        log_(k.buffer("log", Type::kF32, {rows, cols})),
        tiny_(k.buffer("tiny", Type::kU8, {rows, (cols + 7) / 8})),
        column_(k.buffer("column", Type::kF32, {rows, 1})) {}

  void score(Scoring scoring, const Tile& z) {
    switch (scoring) {
      case Scoring::kSoftmax:
        return softmax(z);
      case Scoring::kSigmoid:
        return sigmoid(z);
      case Scoring::kSqrtSoftplus:
        return sqrt_softplus(z);
    }
  }

 private:
  void softmax(const Tile& z) {
    v_.row_max(column_, z);
    v_.sub(z, z, column_);
    v_.exp(z, z);
    v_.row_sum(column_, z);
    v_.div(z, z, column_);
  }

  void sigmoid(const Tile& z) {
    v_.neg(z, z);
    v_.exp(z, z);
    v_.add(z, z, 1);
    v_.rec(z, z);
  }

  // sqrt(max(z, 0) + ln(1 + e)), e = exp(-|z|). The sum 1 + e is rounded: what was lost of it comes
  // back as the factor e / (sum - 1), and where nothing is left, ln(1 + e) is e.
  void sqrt_softplus(const Tile& z) {
    v_.abs(exp_, z);
    v_.neg(exp_, exp_);
    v_.exp(exp_, exp_);
    v_.add(sum_, exp_, 1);
    v_.ln(log_, sum_);
    v_.sub(sum_, sum_, 1);
    v_.mul(log_, log_, exp_);
    v_.div(log_, log_, sum_);
    v_.cmp(tiny_, sum_, kEqual, 0);
    v_.select(log_, tiny_, exp_, log_);
    v_.relu(z, z);
    v_.add(z, z, log_);
    v_.sqrt(z, z);
  }

  Vec& v_;
  const Tile exp_, sum_, log_, tiny_, column_;
};

// Takes the largest of each row, again and again.
class Chooser {
 public:
  Chooser(Kernel& k, const Dim& rows, int64_t cols)
      : v_(k.vec),
        numbers_(k.buffer("numbers", Type::kI32, {rows, cols})),
        mask_(k.buffer("mask", Type::kU8, {rows, (cols + 7) / 8})) {
    v_.iota(numbers_);
  }

  // at (rows x 1) = the column of the largest, which is excluded from then on.
  void take(const Tile& at, const Tile& from) {
    v_.row_argmax(at, from);
    v_.select(from, where(at, from), kLowest, from);
  }
  // The mask of columns `at` of a tile like `shape`.
  Tile where(const Tile& at, const Tile& shape) {
    v_.cmp(mask_, numbers_.cols_from(0, shape.max_cols()), kEqual, at);
    return mask_;
  }

 private:
  Vec& v_;
  const Tile numbers_, mask_;
};

// Excludes the experts of all groups but the best.
class GroupLimit {
 public:
  GroupLimit(Kernel& k, const GateShape& s, const Dim& rows)
      : k_(k),
        s_(s),
        score_(k.buffer("group_score", Type::kF32, {rows, s.groups})),
        penalty_(k.buffer("penalty", Type::kF32, {rows, s.groups})),
        group_(k.buffer("group", Type::kF32, {rows, s.experts / s.groups})),
        second_(k.buffer("second", Type::kF32, {rows, 1})),
        at_(k.buffer("at", Type::kI32, {rows, 1})) {}

  void apply(Chooser& chooser, const Tile& choice) {
    Vec& v = k_.vec;
    const int64_t size = s_.experts / s_.groups;
    k_.loop("group", s_.groups, [&](Int g) {
      v.copy(group_, choice.cols(g, size));
      v.row_max(score_.col(g), group_);
      if (size == 1) return;
      chooser.take(at_, group_);
      v.row_max(second_, group_);
      v.add(score_.col(g), score_.col(g), second_);
    });
    v.fill(penalty_, kLowest);
    k_.loop("best", s_.kept, [&](Int) {
      chooser.take(at_, score_);
      v.select(penalty_, chooser.where(at_, penalty_), 0, penalty_);
    });
    k_.loop("exclude", s_.groups, [&](Int g) {
      const Tile members = choice.cols(g, size);
      v.add(members, members, penalty_.col(g));
    });
  }

 private:
  Kernel& k_;
  const GateShape& s_;
  const Tile score_, penalty_, group_, second_, at_;
};

// Which experts the tokens of tile t get, given their scores.
using Choice = std::function<void(Int t, const Tile& scores, const Tile& experts)>;

Choice from_table(Kernel& k, const GateShape& s, const Dim& rows) {
  const Tensor table = k.tensor("table", Type::kI32, {s.vocabulary, s.top_k});
  const Tensor ids = k.tensor("ids", Type::kI32, {s.tokens});
  Ring& looked_up = k.ring("looked_up", Mem::kUb, Type::kI32, {rows, s.top_k}, 2);
  return [&k, &looked_up, table, ids, rows](Int t, const Tile&, const Tile& experts) {
    k.load(looked_up.push(), table.gather(ids.rows(t * rows.capacity(), rows), rows));
    k.vec.copy(experts, looked_up.pop());
  };
}

Choice by_score(Kernel& k, const GateShape& s, const Dim& rows) {
  const Tile bias = k.buffer("bias", Type::kF32, {1, s.experts});
  k.vec.fill(bias, 0);
  if (s.bias) {
    Ring& bias_ub = k.ring("bias_ub", Mem::kUb, Type::kF32, {1, s.experts}, 1);
    k.load(bias_ub.push(), k.tensor("bias", Type::kF32, {s.experts}));
    k.vec.copy(bias, bias_ub.pop());
  }
  const Tile biased = k.buffer("biased", Type::kF32, {rows, s.experts});
  const auto chooser = std::make_shared<Chooser>(k, rows, s.experts);
  std::shared_ptr<GroupLimit> limit;
  if (s.kept < s.groups) limit = std::make_shared<GroupLimit>(k, s, rows);
  return [&k, &s, bias, biased, chooser, limit](Int, const Tile& scores, const Tile& experts) {
    k.vec.add(biased, scores, bias);
    if (limit) limit->apply(*chooser, biased);
    k.loop("choose", s.top_k, [&](Int i) { chooser->take(experts.col(i), biased); });
  };
}

}  // namespace

void GateShape::check(const Limits& machine) const {
  detail::ShapeCheck check("gate", machine);
  check.dimension("tokens", tokens);
  check.dimension("experts", experts);
  check.dimension("top_k", top_k);
  check.dimension("groups", groups);
  check.dimension("kept", kept);
  check.done();
  check.require(experts % groups == 0, "experts must be a multiple of groups");
  check.require(kept <= groups, "kept must not exceed groups");
  check.require(top_k <= experts / groups * kept,
                "top_k must not exceed the experts to choose from");
  check.require(!hashed() || (!bias && groups == 1),
                "a table of experts leaves nothing to choose: no bias, one group");
  check.require(vocabulary < (int64_t{1} << 31), "vocabulary must fit the i32 ids");
  check.done();
}

// A task is some tokens of one vector core. The experts are chosen by biased scores, one after
// another, and weighted by those without bias.
Program gate(const Limits& machine, const GateShape& s) {
  s.check(machine);
  const int64_t padded = detail::round_up(std::max<int64_t>(s.experts, 2), machine.ub_align / 4);
  const int64_t row_bytes = 8 * padded * 4 + 8 * detail::padded_row(machine, s.top_k, Type::kF32) +
                            3 * detail::padded_row(machine, s.groups, Type::kF32) + 6 * 4;
  const int64_t tile = detail::portion(machine, s.tokens, row_bytes);

  Kernel k{"gate", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", tile);
  const Tensor logits = k.tensor("logits", Type::kF32, {s.tokens, s.experts});
  const Choice choose = s.hashed() ? from_table(k, s, rows) : by_score(k, s, rows);
  const Tensor weights = k.tensor("weights", Type::kF32, {s.tokens, s.top_k});
  const Tensor chosen = k.tensor("chosen", Type::kI32, {s.tokens, s.top_k});
  Ring& logits_ub = k.ring("logits_ub", Mem::kUb, Type::kF32, {rows, s.experts}, 2);
  Ring& weights_ub = k.ring("weights_ub", Mem::kUb, Type::kF32, {rows, s.top_k}, 2);
  Ring& chosen_ub = k.ring("chosen_ub", Mem::kUb, Type::kI32, {rows, s.top_k}, 2);
  // Without gaps between the rows, so that weights can be gathered from it.
  const Tile table_of_scores = k.buffer("scores", Type::kF32, {rows, padded});
  const Tile scores = table_of_scores.cols_from(0, s.experts);
  const Tile row_start = k.buffer("row_start", Type::kI32, {rows, 1}),
             place = k.buffer("place", Type::kI32, {rows, 1}),
             total = k.buffer("total", Type::kF32, {rows, 1});
  Scorer scorer(k, rows, s.experts);
  v.fill(table_of_scores, 0);
  v.iota(row_start, {.row_step = padded});

  const auto weigh = [&](const Tile& w, const Tile& experts) {
    k.loop("slot", s.top_k, [&](Int i) {
      v.add(place, experts.col(i), row_start);
      v.gather(w.col(i), table_of_scores, place);
    });
    if (s.normalised) {
      v.row_sum(total, w);
      v.div(w, w, total);
    }
    if (s.route_scale != 1) v.mul(w, w, s.route_scale);
  };
  const auto some_tokens = [&](Int t) {
    rows.clip(s.tokens - t * tile);
    k.load(logits_ub.push(), logits.tile(t, 0));
    v.copy(scores, logits_ub.pop());
    scorer.score(s.scoring, scores);
    k.use(weights_ub.push(), chosen_ub.push(), [&](Tile w, Tile experts) {
      choose(t, scores, experts);
      weigh(w, experts);
    });
    k.store(weights.tile(t, 0), weights_ub.pop());
    k.store(chosen.tile(t, 0), chosen_ub.pop());
  };
  k.tasks(detail::ceil_div(s.tokens, tile), some_tokens, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
