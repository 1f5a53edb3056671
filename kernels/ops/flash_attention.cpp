#include <algorithm>
#include <functional>
#include <optional>

#include "kernels/ops/attention.h"
#include "kernels/ops/attention_core.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

// Loads keys, or values, of a head from a row of the cache on.
using Loader = std::function<void(const Tile& slot, const Int& row, const Int& head)>;

// Query tokens that see the keys before them: rows of q and out from `query` on, of the cache from
// `key` on; `past` keys lie before the first query.
struct Sequence {
  Int query, count, key, past;
};

class Prefill {
 public:
  Prefill(Kernel& k, const AttentionShape& s, Tensor q, Tensor out, Loader key, Loader value)
      : k_(k),
        shape_(s),
        tiling_(detail::attention_tiling(k.machine(), s, {.rows = s.tokens, .long_tiles = true})),
        q_(std::move(q)),
        out_(std::move(out)),
        load_key_(std::move(key)),
        load_value_(std::move(value)) {}

  // The launch's arguments after the tensors, and all the work.
  void run() {
    const bool ragged = shape_.sequences > 0;
    std::optional<Tensor> q_starts, k_starts;
    std::optional<Int> past;
    if (ragged) {
      q_starts = k_.tensor("q_starts", Type::kI32, {shape_.sequences + 1});
      k_starts = k_.tensor("k_starts", Type::kI32, {shape_.sequences + 1});
    } else {
      past = k_.arg("past");
    }
    if (shape_.sinks) sinks_ = k_.tensor("sinks", Type::kF32, {shape_.heads});
    core_.emplace(k_, shape_, tiling_);
    out_ub_ = &k_.ring("out_ub", Mem::kUb, shape_.type, {core_->mine, shape_.values()}, 1);
    if (!ragged) {
      const int64_t tiles = detail::ceil_div(shape_.tokens, tiling_.rows);
      const Sequence all{0, shape_.tokens, 0, *past};
      k_.tasks(shape_.heads * tiles, [&](Int task) { tile(all, task); });
      return;
    }
    Var turn = k_.var(0);
    k_.loop("sequence", shape_.sequences, [&](Int i) {
      const Int query = k_.read(q_starts->at(i)), key = k_.read(k_starts->at(i));
      const Int count = Int(k_.read(q_starts->at(i + 1))) - query;
      const Int keys = Int(k_.read(k_starts->at(i + 1))) - key;
      const Sequence one{query, count, key, keys - count};
      k_.deal(turn, shape_.heads * ceil_div(count, tiling_.rows),
              [&](Int task) { tile(one, task); });
    });
  }

 private:
  // A tile of query tokens of one head. It begins at the tile of keys that its first row still
  // sees.
  void tile(const Sequence& s, const Int& task) {
    // As many heads as there are groups at a time: their keys and values stay in L2.
    const Int most = std::min<int64_t>(shape_.heads, k_.machine().groups);
    const Int batch = most * ceil_div(s.count, tiling_.rows), begin = task / batch * most;
    const Int heads = min(most, shape_.heads - begin), number = task % batch;
    const Int first = number / heads * tiling_.rows, at = begin + number % heads;
    const Int oldest = shape_.window == 0 ? Int(0)
                                          : max(0, s.past + first - (shape_.window - 1)) /
                                                tiling_.keys * tiling_.keys;
    const Int start = s.key + oldest;
    core_->rows.clip(s.count - first);
    core_->attend(
        q_.from(s.query + first, at * shape_.head_dim),
        {.count = s.past + min(s.count, first + tiling_.rows) - oldest,
         .load_key = [&](const Tile& slot, const Int& n) { load_key_(slot, start + n, at); },
         .load_value = [&](const Tile& slot, const Int& n) { load_value_(slot, start + n, at); },
         .mask = [&](const Tile& x,
                     const Int& j) { mask(x, s.past + first - oldest - j * tiling_.keys); }});
    if (sinks_) core_->add_sink(k_.read(sinks_->at(at)));
    k_.use(out_ub_->push(), [&](Tile o) {
      core_->divide();
      k_.vec.convert(o, core_->output);
    });
    k_.store(k_.share(out_.from(s.query + first, at * shape_.values())), out_ub_->pop());
  }

  // Row 0 of the tile sees columns up to `last`, row 1 one more, and each no more than the window.
  void mask(const Tile& x, const Int& last) {
    if (shape_.window == 0) {
      k_.when(last < tiling_.keys - 1, [&] { k_.vec.band(x, x, {.diagonal = last}, kLowest); });
      return;
    }
    const Int lowest = last - (shape_.window - 1);
    k_.when(last < tiling_.keys - 1 || lowest + tiling_.rows > 1,
            [&] { k_.vec.band(x, x, {.diagonal = last, .lowest = lowest}, kLowest); });
  }

  Kernel& k_;
  const AttentionShape shape_;
  const detail::AttentionTiling tiling_;
  const Tensor q_, out_;
  const Loader load_key_, load_value_;
  std::optional<Tensor> sinks_;
  std::optional<detail::AttentionCore> core_;
  Ring* out_ub_ = nullptr;
};

}  // namespace

Program flash_attention(const Limits& machine, const AttentionShape& s) {
  s.check(machine);
  Kernel k{"flash_attention", machine};
  const int64_t d = s.head_dim;
  const Tensor q = k.tensor("q", s.type, {s.tokens, s.heads * d});
  const Tensor key = k.tensor("k", s.type, {s.capacity, s.kv_heads * d});
  const Tensor value = k.tensor("v", s.type, {s.capacity, s.kv_heads * d});
  const Tensor out = k.tensor("out", s.type, {s.tokens, s.heads * d});
  const auto loader = [&](const Tensor& cache) {
    return [&k, &s, d, cache](const Tile& slot, const Int& row, const Int& head) {
      k.load(slot, cache.from(row, head / s.group() * d));
    };
  };
  Prefill(k, s, q, out, loader(key), loader(value)).run();
  return k.finish();
}

// A key is a head's own channels beside those that all heads share.
Program mla_prefill(const Limits& machine, const AttentionShape& s) {
  s.check_mla(machine);
  Kernel k{"mla_prefill", machine};
  const int64_t own = s.head_dim - s.rope_dim, pair = own + s.values();
  const Tensor q = k.tensor("q", s.type, {s.tokens, s.heads * s.head_dim});
  const Tensor kv = k.tensor("kv", s.type, {s.capacity, s.heads * pair});
  const Tensor pe = k.tensor("k_pe", s.type, {s.capacity, s.rope_dim});
  const Tensor out = k.tensor("out", s.type, {s.tokens, s.heads * s.values()});
  const auto key = [&](const Tile& slot, const Int& row, const Int& head) {
    k.load(slot.cols_from(0, own), kv.from(row, head * pair));
    k.load(slot.cols_from(own, s.rope_dim), pe.from(row, 0));
  };
  const auto value = [&](const Tile& slot, const Int& row, const Int& head) {
    k.load(slot, kv.from(row, head * pair + own));
  };
  Prefill(k, s, q, out, key, value).run();
  return k.finish();
}

}  // namespace npu
