#include "kernels/ops/top_k.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "kernels/kit/kit.h"
#include "kernels/ops/shape_check.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

constexpr int64_t kBlock = 32, kLists = 4, kPair = 2;  // of sort and merge; words of a pair
constexpr int64_t kNobody = std::numeric_limits<int32_t>::max();
constexpr double kNever = -std::numeric_limits<double>::infinity();

// Pairs of a list: what merging sorted blocks in fours arrives at, at least k.
int64_t list_pairs(int64_t k) {
  int64_t pairs = kBlock;
  while (pairs < k) pairs *= kLists;
  return pairs;
}
int64_t chunk_cols(int64_t list) { return std::min<int64_t>(512, list); }

// The best pairs of what it has been shown. A value that does not beat the k-th best so far is
// dropped at once; the others gather as candidates, which are sorted only when their room is full.
class Best {
 public:
  Best(Kernel& kernel, int64_t k)
      : count(k),
        list(list_pairs(k)),
        chunk(chunk_cols(list)),
        k_(kernel),
        v_(kernel.vec),
        work_(kernel.buffer("work", Type::kF32, {1, kLists * kPair * list})),
        other_(kernel.buffer("other", Type::kF32, {1, kLists * kPair * list})),
        values_(kernel.buffer("values", Type::kF32, {1, room()})),
        places_(kernel.buffer("places", Type::kI32, {1, room()})),
        ids_(kernel.buffer("ids", Type::kI32, {1, chunk})),
        beats_(kernel.buffer("beats", Type::kU8, {1, detail::ceil_div(chunk, 8)})),
        found_(kernel.buffer("found", Type::kI32, {1, 1})),
        threshold_(kernel.buffer("threshold", Type::kF32, {1, 1})) {
    // Sorting goes from work to other, and each round of merging back: where the last one ends.
    for (int64_t run = kBlock; run < list; run *= kLists) ++rounds_;
  }

  void begin() {
    v_.fill(values_, kNever);
    v_.fill(places_, kNobody);
    v_.zip(best(), values_.cols(0, list), places_.cols(0, list).as(Type::kF32));
    v_.fill(threshold_, kNever);
  }

  // x (1, up to chunk): columns `first` and on of the row. `waiting` candidates, counted here.
  void show(const Src& x, const Int& first, const Dim& cols, Var& waiting) {
    const Tile ids = ids_.clipped(1, cols);
    v_.iota(ids, {.start = first});
    k_.use(std::get<Lease>(x.value()), [&](Tile row) {
      v_.cmp(beats_, row, kGreater, threshold_);
      v_.compress(values_.cols_from(waiting, chunk), found_, row, beats_);
    });
    v_.compress(places_.cols_from(waiting, chunk), found_, ids, beats_);
    waiting += k_.read(found_);
    k_.when(waiting > room() - chunk, [&] { settle(waiting); });
  }

  // Merges the candidates into the best.
  void settle(Var& waiting) {
    v_.fill(values_.cols_from(waiting, room()), kNever);
    v_.fill(places_.cols_from(waiting, room()), kNobody);
    v_.zip(candidates(work_), values_, places_.as(Type::kF32));
    v_.sort(candidates(other_), candidates(work_));
    Tile from = other_, to = work_;
    for (int64_t run = kBlock; run < list; run *= kLists) {
      const int64_t row = kLists * kPair * run, rows = kPair * room() / row;
      v_.merge(candidates(to).reshape(rows, row), candidates(from).reshape(rows, row));
      std::swap(from, to);
    }
    merge_lists();
    waiting = 0;
  }

  // Merges three sorted lists of `list` pairs, which lie in pieces of a chunk's columns.
  void merge_sorted(Ring& pieces, const std::function<View(Int piece)>& piece) {
    k_.loop("piece", (kLists - 1) * kPair * list / chunk, [&](Int i) {
      k_.load(pieces.push(), piece(i));
      v_.copy(candidates(sorted()).cols(i, chunk), pieces.pop());
    });
    merge_lists();
  }

  // The best so far, sorted: (1, 2 * list) of pairs.
  Tile best() const { return (rounds_ % 2 == 0 ? work_ : other_).cols(0, kPair * list); }

  // The places of the best, with `base` added, into the row of y from `column` on.
  void write(Ring& y_ub, const Tensor& y, const Int& row, int64_t column, const Int& base) {
    const int64_t piece = std::min(chunk, count);
    const Tile all = places_.cols(0, count);
    v_.unzip(values_.cols(0, count), all.as(Type::kF32), best().cols(0, kPair * count));
    k_.loop("piece", detail::ceil_div(count, piece), [&](Int i) {
      const Tile places = all.cols(i, piece);
      v_.cmp(beats_, places, kEqual, kNobody);
      v_.add(places, places, base);
      v_.select(y_ub.push(), beats_, -1, places);
      k_.store(y.from(row, column + i * piece), y_ub.pop());
    });
  }

  const int64_t count, list, chunk;

 private:
  int64_t room() const { return (kLists - 1) * list; }
  Tile sorted() const { return rounds_ % 2 == 0 ? other_ : work_; }
  Tile candidates(const Tile& pairs) const { return pairs.cols_from(kPair * list, kPair * room()); }
  void merge_lists() {
    v_.copy(sorted().cols(0, kPair * list), best());
    v_.merge(best(), sorted());
    v_.copy(threshold_, best().col(kPair * (count - 1)));
  }

  Kernel& k_;
  Vec& v_;
  const Tile work_, other_, values_, places_, ids_, beats_, found_, threshold_;
  int64_t rounds_ = 0;
};

}  // namespace

void TopKShape::check(const Limits& machine) const {
  detail::ShapeCheck check("top_k", machine);
  check.dimension("rows", rows);
  check.dimension("cols", cols);
  check.dimension("k", k);
  check.require(cols < kNobody, "cols must fit the i32 result");
  check.require(k <= 2048, "k must be at most 2048");
  check.require(ratio >= 0, "ratio must not be negative");
  check.require(column >= 0 && column + k <= y_cols(), "column + k must not be beyond width");
  check.done();
  const int64_t list = list_pairs(k), chunk = chunk_cols(list);
  const int64_t words = 2 * kLists * kPair * list + 2 * (kLists - 1) * list + 6 * chunk;
  const int64_t bytes = 4 * words + chunk / 8 + 8 * std::max(machine.ub_align, 32);
  check.require(bytes <= static_cast<int64_t>(machine.ub),
                fmt::format("lists of {} pairs do not fit the {} bytes of UB of machine {}", list,
                            machine.ub, machine.machine));
  check.done();
}

// A task is a part of a row. Where rows are few, each core leaves the best of its part, and after a
// barrier one core merges the parts of a row.
Program top_k(const Limits& machine, const TopKShape& s) {
  s.check(machine);
  const int64_t list = list_pairs(s.k), chunk = chunk_cols(list);
  const int64_t spare = detail::vector_cores(machine) / s.rows, full = s.cols / (4 * list);
  const int64_t threes = std::min(spare, full) / (kLists - 1);
  const int64_t parts = std::max<int64_t>(1, threes * (kLists - 1));

  Kernel k{"top_k", machine};
  const Dim cols = k.dim("cols", chunk);
  const Tensor x = k.tensor("x", Type::kF32, {s.rows, s.cols});
  const Tensor y = k.tensor("y", Type::kI32, {s.rows, s.y_cols()});
  const Int count = k.arg("count"), position = k.arg("position"), base = k.arg("base");
  Ring& x_ub = k.ring("x_ub", Mem::kUb, Type::kF32, {1, cols}, 2);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, Type::kI32, {1, std::min(chunk, s.k)}, 2);
  Best best(k, s.k);

  const auto look = [&](const Int& row, const Int& part) {
    const Int seen = s.ratio == 0 ? count : min(count, (position + row + 1) / s.ratio);
    const Int span = round_up(ceil_div(seen, parts), chunk), first = part * span;
    Var waiting = k.var(0);
    best.begin();
    k.tiles("chunk", max(0, min(span, seen - first)), cols, [&](Int i) {
      k.load(x_ub.push(), x.from(row, first + i * chunk));
      best.show(x_ub.pop(), first + i * chunk, cols, waiting);
    });
    best.settle(waiting);
  };
  if (parts == 1) {
    k.tasks(s.rows,
            [&](Int row) {
              look(row, 0);
              best.write(y_ub, y, row, s.column, base);
            },
            {.per = Per::kVector});
    return k.finish();
  }

  const Tensor lists = k.workspace("lists", Type::kF32, {s.rows, parts * kPair * list}, Per::kChip);
  Ring& list_ub = k.ring("list_ub", Mem::kUb, Type::kF32, {1, chunk}, 1);
  k.tasks(s.rows * parts,
          [&](Int task) {
            const auto [part, row] = k.split(task, parts);
            const Int column = part * (kPair * list), at = row;
            look(at, part);
            k.loop("piece", kPair * list / chunk, [&](Int i) {
              k.vec.copy(list_ub.push(), best.best().cols(i, chunk));
              k.store(lists.from(at, column + i * chunk), list_ub.pop());
            });
          },
          {.per = Per::kVector});
  k.barrier();
  k.tasks(s.rows,
          [&](Int row) {
            best.begin();
            cols.clip(chunk);
            k.loop("three", threes, [&](Int three) {
              const Int column = three * ((kLists - 1) * kPair * list);
              best.merge_sorted(x_ub, [&](Int i) { return lists.from(row, column + i * chunk); });
            });
            best.write(y_ub, y, row, s.column, base);
          },
          {.per = Per::kVector});
  return k.finish();
}

}  // namespace npu
