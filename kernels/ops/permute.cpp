#include "kernels/ops/permute.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// Where pairs go: tokens are rows, experts columns.
class Ranks {
 public:
  Ranks(Kernel& k, const Dim& rows, int64_t experts, int64_t top_k)
      : k_(k),
        top_k_(top_k),
        next(k.buffer("next", Type::kI32, {1, experts})),
        numbers_(k.buffer("numbers", Type::kI32, {rows, experts})),
        hot_(k.buffer("hot", Type::kI32, {rows, experts})),
        pairs_(k.buffer("pairs", Type::kI32, {rows, experts})),
        ranks_(k.buffer("ranks", Type::kI32, {rows, experts})),
        mask_(k.buffer("mask", Type::kU8, {rows, (experts + 7) / 8})),
        sum_(k.buffer("sum", Type::kI32, {1, experts})),
        row_start_(k.buffer("row_start", Type::kI32, {rows, 1})),
        flat_(k.buffer("flat", Type::kI32, {rows, 1})) {
    k.vec.iota(numbers_);
    k.vec.iota(row_start_, {.row_step = experts});
    k.vec.fill(ranks_, 0);
  }

  // pairs = 1 where the token has chosen the expert.
  void see(const Tile& chosen) {
    Vec& v = k_.vec;
    v.fill(pairs_, 0);
    k_.loop("see", top_k_, [&](Int i) {
      v.cmp(mask_, numbers_, kEqual, chosen.col(i));
      v.select(hot_, mask_, 1, 0);
      v.add(pairs_, pairs_, hot_);
    });
  }
  // next += the number of pairs of each expert.
  void advance() {
    k_.vec.col_sum(sum_, pairs_);
    k_.vec.add(next, next, sum_);
  }
  // places[t, i] = next[e] + tokens before t that have chosen e, for e = chosen[t, i].
  void place(const Tile& places, const Tile& chosen) {
    Vec& v = k_.vec;
    v.scan(ranks_, pairs_, {.by_column = true, .exclusive = true});
    v.add(ranks_, ranks_, next);
    k_.loop("place", top_k_, [&](Int i) {
      v.add(flat_, chosen.col(i), row_start_);
      v.gather(places.col(i), ranks_, flat_);
    });
  }

 private:
  Kernel& k_;
  const int64_t top_k_;

 public:
  const Tile next;  // the row of each expert's next pair

 private:
  const Tile numbers_, hot_, pairs_, ranks_, mask_, sum_, row_start_, flat_;
};

}  // namespace

void PermuteShape::check(const Limits& machine) const {
  detail::ShapeCheck check("permute", machine);
  check.dimension("tokens", tokens);
  check.dimension("dim", dim);
  check.dimension("experts", experts);
  check.dimension("top_k", top_k);
  check.float_type("type", type);
  check.done();
  check.require(top_k <= experts, "top_k must not exceed experts");
  check.require(pairs() < (int64_t{1} << 31), "tokens * top_k must fit the i32 places");
  check.done();
}

// Every vector core takes a span of tokens. It counts their pairs by expert; after a barrier it
// knows where each expert begins and how many pairs of it are in the spans before its own, which
// gives the places. After another one rows go to their places.
Program permute(const Limits& machine, const PermuteShape& s) {
  s.check(machine);
  const auto ub = static_cast<int64_t>(machine.ub);
  // Rows of experts are dense, so that ranks can be gathered; the last few may have no token.
  const int64_t experts = detail::round_up(std::max<int64_t>(s.experts, 2), machine.ub_align / 4);
  const int64_t span = detail::ceil_div(s.tokens, detail::vector_cores(machine));
  const int64_t spans = detail::ceil_div(s.tokens, span), at_once = std::min<int64_t>(8, spans);
  const int64_t list_bytes =
      4 * detail::padded_row(machine, s.top_k, Type::kI32) + machine.ub_align * (s.top_k + 4);
  const int64_t rank_room = ub / 2 - (2 * at_once + 6) * experts * 4;
  const int64_t rank_fit = std::min(rank_room / (5 * experts * 4 + list_bytes), span);
  const int64_t tile = std::max<int64_t>(2, rank_fit);  // a single column would lie dense in UB
  const int64_t row_fit = ub / 4 / (2 * bytes_of(s.type)) / 32 * 32;
  const int64_t piece = std::min(detail::row_columns(s.dim), row_fit);
  const int64_t sent_bytes = 2 * detail::padded_row(machine, piece, s.type) + list_bytes;
  const int64_t sent = std::clamp<int64_t>(ub / 3 / sent_bytes, 1, span);

  Kernel k{"permute", machine};
  Vec& v = k.vec;
  const Dim rows = k.dim("rows", tile), some = k.dim("some", at_once);
  const Dim leaving = k.dim("leaving", sent), cols = k.dim("cols", piece);
  const Tensor x = k.tensor("x", s.type, {s.tokens, s.dim});
  const Tensor chosen = k.tensor("chosen", Type::kI32, {s.tokens, s.top_k});
  const Tensor weights = k.tensor("weights", Type::kF32, {s.tokens, s.top_k});
  const Tensor counts = k.tensor("counts", Type::kI32, {s.experts});
  const Tensor places = k.tensor("places", Type::kI32, {s.top_k, s.tokens});
  const Tensor y = k.tensor("y", s.type, {s.pairs(), s.dim});
  const Tensor route = k.tensor("route", Type::kF32, {s.pairs()}).reshape({s.pairs(), 1});
  const Tensor span_counts = k.workspace("span_counts", Type::kI32, {spans, experts}, Per::kChip);
  Ring& chosen_ub = k.ring("chosen_ub", Mem::kUb, Type::kI32, {rows, s.top_k}, 2);
  Ring& counts_ub = k.ring("counts_ub", Mem::kUb, Type::kI32, {1, experts}, 1);
  Ring& spans_ub = k.ring("spans_ub", Mem::kUb, Type::kI32, {some, experts}, 2);
  Ring& places_ub = k.ring("places_ub", Mem::kUb, Type::kI32, {s.top_k, rows}, 1);
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {leaving, cols}, 2);
  Ring& weights_ub = k.ring("weights_ub", Mem::kUb, Type::kF32, {leaving, s.top_k}, 2);
  // Room for all of a token: they are ready while its rows still leave.
  Ring& route_ub =
      k.ring("route_ub", Mem::kUb, Type::kF32, {leaving, 2}, static_cast<int>(s.top_k));
  const Tile total = k.buffer("total", Type::kI32, {1, experts}),
             part = k.buffer("part", Type::kI32, {1, experts}),
             place = k.buffer("place", Type::kI32, {rows, s.top_k});
  Ranks ranks(k, rows, experts, s.top_k);

  const auto tiles_of = [&](Int task, const std::function<void(Int, Tile)>& body) {
    const Int first = task * span;
    k.tiles("tile", min(span, s.tokens - first), rows, [&](Int i) {
      const Int row = first + i * tile;
      k.load(chosen_ub.push(), chosen.from(row, 0));
      k.use(chosen_ub.pop(), [&](Tile of_tokens) { body(row, of_tokens); });
      ranks.advance();
    });
  };
  const auto count = [&](Int task) {
    v.fill(ranks.next, 0);
    tiles_of(task, [&](Int, Tile of_tokens) { ranks.see(of_tokens); });
    v.copy(counts_ub.push(), ranks.next);
    k.store(span_counts.from(task, 0), counts_ub.pop());
  };
  // total = pairs by expert; next = where this span's begin.
  const auto begin = [&](Int task) {
    v.fill(total, 0);
    v.fill(ranks.next, 0);
    k.tiles("spans", spans, some, [&](Int i) {
      k.load(spans_ub.push(), span_counts.tile(i, 0));
      k.use(spans_ub.pop(), [&](Tile counted) {
        v.col_sum(part, counted);
        v.add(total, total, part);
        v.fill(part, 0);
        v.col_sum(part, counted.clipped(max(0, task - i * at_once), experts));
        v.add(ranks.next, ranks.next, part);
      });
    });
    v.scan(part, total, {.exclusive = true});
    v.add(ranks.next, ranks.next, part);
  };
  const auto find_places = [&](Int task) {
    begin(task);
    k.when(task == 0, [&] {
      v.copy(counts_ub.push(), total);
      k.store(counts, counts_ub.pop());
    });
    tiles_of(task, [&](Int row, Tile of_tokens) {
      ranks.see(of_tokens);
      ranks.place(place, of_tokens);
      v.transpose(places_ub.push(), place);
      k.store(places.from(0, row), places_ub.pop());
    });
  };
  const auto send = [&](Int task) {
    const Int row = task * sent;
    leaving.clip(s.tokens - row);
    const auto places_of = [&](Int i) { return places[i].rows(row, leaving); };
    k.tiles("piece", s.dim, cols, [&](Int c) {
      k.load(x_ub.push(), x.from(row, c * piece), {.hint = Hint::kStream});
      k.use(x_ub.pop(), [&](Tile tokens) {
        const Tensor part_of_y = y.cols(c * piece, cols);
        k.loop("copy", s.top_k,
               [&](Int i) { k.store(part_of_y.gather(places_of(i), leaving), tokens); });
      });
    });
    k.load(weights_ub.push(), weights.from(row, 0));
    k.use(weights_ub.pop(), [&](Tile w) {
      k.loop("weight", s.top_k, [&](Int i) {
        k.use(route_ub.push(), [&](Tile r) { v.copy(r.col(0), w.col(i)); });
        k.use(route_ub.pop(),
              [&](Tile r) { k.store(route.gather(places_of(i), leaving), r.col(0)); });
      });
    });
  };
  k.tasks(spans, count, {.per = Per::kVector});
  k.barrier();
  k.tasks(spans, find_places, {.per = Per::kVector});
  k.barrier();
  k.tasks(detail::ceil_div(s.tokens, sent), send, {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
