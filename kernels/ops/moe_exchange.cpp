#include "kernels/ops/moe_exchange.h"

#include "kernels/kit/kit.h"
#include "kernels/ops/collective_tiles.h"
#include "kernels/ops/shape_check.h"

namespace npu {

namespace {

using detail::ShapeCheck;

constexpr int64_t kMostExperts = 16;  // of a token: as many registers hold their chips

void check_common(ShapeCheck& check, const MoeExchangeShape& s) {
  check.dimension("tokens", s.tokens);
  check.dimension("dim", s.dim);
  check.dimension("experts", s.experts);
  check.dimension("top_k", s.top_k);
  check.machine_chips(s.chips);
  check.require(s.experts % s.chips == 0, "experts must be a multiple of chips");
  check.require(s.top_k <= std::min(s.experts, kMostExperts),
                "top_k must be at most experts and at most 16");
}

// Where the rows of a token are, or go to.
class Routes {
 public:
  Routes(Kernel& k, const MoeExchangeShape& s, const Tensor& chosen,
         const std::optional<Tensor>& places)
      : k_(k), s_(s), chosen_(chosen), places_(places) {}

  using Body = std::function<void(const Int& chip, const Int& slot, const Int& i)>;
  // body(chip, slot, i) for each row of token t; i is the expert's number in the token where a row
  // is for one. All chips are asked in turn, from `first` on.
  void each(const Int& t, const Int& first, const Body& body) const {
    if (s_.low_latency()) {
      k_.loop("expert", s_.top_k, [&](Int i) {
        const Int expert = k_.read(chosen_.at(t, i));
        body(expert / s_.here(), k_.read(places_->at(i, t)), i);
      });
      return;
    }
    std::vector<Int> chips;
    for (int64_t i = 0; i < s_.top_k; ++i)
      chips.push_back(Int(k_.read(chosen_.at(t, i))) / s_.here());
    k_.loop("chip", s_.chips, [&](Int turn) {
      const Int chip = (first + turn) % s_.chips;
      Cond any = chips.front() == chip;
      for (size_t i = 1; i < chips.size(); ++i) any = any || chips[i] == chip;
      k_.when(any, [&] { body(chip, t, 0); });
    });
  }

 private:
  Kernel& k_;
  const MoeExchangeShape& s_;
  const Tensor chosen_;
  const std::optional<Tensor> places_;
};

// The rows of all tokens, in pieces of columns that fit UB beside what else is there. A core takes
// tokens that lie together, for these share the lines of its sequencer's cache that hold their
// routing.
class TokenRows {
 public:
  TokenRows(Kernel& k, int64_t tokens, int64_t width, int64_t element_bytes)
      : k_(k), tokens_(tokens), width_(width) {
    const int64_t fit = static_cast<int64_t>(k.machine().ub) / 2 / element_bytes / 32 * 32;
    piece_ = std::min(detail::row_columns(width), std::max<int64_t>(32, fit));
    cols_.emplace(k.dim("cols", piece_));
  }
  const Dim& cols() const { return *cols_; }

  // body(token, first column)
  void each(const std::function<void(const Int&, const Int&)>& body) const {
    const int64_t pieces = detail::ceil_div(width_, piece_);
    const int64_t span = detail::ceil_div(tokens_ * pieces, detail::vector_cores(k_.machine()));
    k_.tasks(detail::ceil_div(tokens_, span) * pieces,
             [&](Int task) {
               const auto [c, number] = k_.split(task, pieces);
               const Int col = c * piece_, first = number * span;
               cols_->clip(width_ - col);
               k_.loop("token", min(span, tokens_ - first), [&](Int i) { body(first + i, col); });
             },
             {.per = Per::kVector});
  }

 private:
  Kernel& k_;
  int64_t tokens_, width_, piece_ = 0;
  std::optional<Dim> cols_;
};

// The row of a token in `x` to its slots of `y`, on the chips that its routes say.
class Sender {
 public:
  static constexpr int kSlots = 4;
  Sender(Kernel& k, const Routes& routes, const char* ring, const Tensor& x, const Tensor& y,
         const Extent& cols)
      : k_(k),
        routes_(routes),
        x_(x),
        y_(y[k.chip()]),
        row_ub_(k.ring(ring, Mem::kUb, x.type(), {1, cols}, kSlots)) {}

  void send(const Int& token, const Int& col) const {
    k_.load(row_ub_.push(), x_.from(token, col));
    k_.use(row_ub_.pop(), [&](Tile row) {
      routes_.each(token, k_.chip() + token, [&](const Int& chip, const Int& slot, const Int&) {
        k_.store(y_.on(chip).from(slot, col), row);
      });
    });
  }

 private:
  Kernel& k_;
  const Routes& routes_;
  const Tensor x_, y_;
  Ring& row_ub_;
};

}  // namespace

void MoeExchangeShape::check_dispatch(const Limits& machine) const {
  ShapeCheck check("moe_dispatch", machine);
  check_common(check, *this);
  check.type("type", type, {Type::kF16, Type::kBf16, Type::kE4m3});
  check.done();
}

void MoeExchangeShape::check_combine(const Limits& machine) const {
  ShapeCheck check("moe_combine", machine);
  check_common(check, *this);
  check.float_type("type", type);
  check.done();
}

// The row of a token is loaded once and stored to every chip that needs it.
Program moe_dispatch(const Limits& machine, const MoeExchangeShape& s) {
  s.check_dispatch(machine);
  Kernel k{"moe_dispatch", machine};
  const Tensor x = k.tensor("x", s.type, {s.tokens, s.dim});
  std::optional<Tensor> x_scale, counts, places, y_scale;
  if (s.scaled()) x_scale = k.tensor("x_scale", Type::kE8m0, {s.tokens, s.scale_blocks()});
  const Tensor chosen = k.tensor("chosen", Type::kI32, {s.tokens, s.top_k});
  if (s.low_latency()) {
    counts = k.tensor("counts", Type::kI32, {s.experts});
    places = k.tensor("places", Type::kI32, {s.top_k, s.tokens});
  }
  const Tensor told = k.tensor("told", Type::kI32, {s.chips, s.told()});
  const Tensor y = k.tensor("y", s.type, {s.chips, s.slots(), s.dim});
  if (s.scaled())
    y_scale = k.tensor("y_scale", Type::kE8m0, {s.chips, s.slots(), s.scale_blocks()});

  const CollectiveShape table{.chips = s.chips, .count = s.told(), .type = Type::kI32};
  const detail::Tiles tiles(k, table, s.told(), 2 * detail::Copier::kSlots);
  const detail::Copier copier(k, tiles, table.type);
  const Routes routes(k, s, chosen, places);
  detail::to_all(k, table, tiles, copier, counts ? *counts : chosen.reshape({s.told()}), told);
  const TokenRows rows(k, s.tokens, s.dim, Sender::kSlots * bytes_of(s.type));
  const Sender values(k, routes, "x_ub", x, y, rows.cols());
  std::optional<Sender> scales;
  if (s.scaled()) {
    const Extent blocks = detail::row_extent(k, "blocks", s.scale_blocks());
    scales.emplace(k, routes, "scales_ub", *x_scale, *y_scale, blocks);
  }
  rows.each([&](const Int& token, const Int& col) {
    values.send(token, col);
    if (scales) k.when(col == 0, [&] { scales->send(token, 0); });
  });
  return k.finish();
}

// The rows of a token come from the chips that have them and are added up.
Program moe_combine(const Limits& machine, const MoeExchangeShape& s) {
  constexpr int kComing = 6;
  s.check_combine(machine);
  Kernel k{"moe_combine", machine};
  Vec& v = k.vec;
  const Tensor x = k.tensor("x", s.type, {s.chips, s.slots(), s.dim});
  const Tensor chosen = k.tensor("chosen", Type::kI32, {s.tokens, s.top_k});
  std::optional<Tensor> places, weights;
  if (s.low_latency()) {
    places = k.tensor("places", Type::kI32, {s.top_k, s.tokens});
    weights = k.tensor("weights", Type::kF32, {s.tokens, s.top_k});
  }
  const Tensor y = k.tensor("y", s.type, {s.tokens, s.dim});
  const TokenRows rows(k, s.tokens, s.dim,
                       (kComing + 2) * bytes_of(s.type) + 2 * bytes_of(Type::kF32));
  Ring& x_ub = k.ring("x_ub", Mem::kUb, s.type, {1, rows.cols()}, kComing);
  Ring& y_ub = k.ring("y_ub", Mem::kUb, s.type, {1, rows.cols()}, 2);
  const Tile wide = k.buffer("wide", Type::kF32, {1, rows.cols()}),
             sum = k.buffer("sum", Type::kF32, {1, rows.cols()});
  const Routes routes(k, s, chosen, places);
  const Tensor mine = x[k.chip()];
  rows.each([&](const Int& token, const Int& col) {
    v.fill(sum, 0);
    routes.each(token, 0, [&](const Int& chip, const Int& slot, const Int& i) {
      k.load(x_ub.push(), mine.on(chip).from(slot, col));
      v.convert(wide, x_ub.pop());
      if (weights) {
        v.fma(sum, wide, k.read(weights->at(token, i)), sum);
      } else {
        v.add(sum, sum, wide);
      }
    });
    v.convert(y_ub.push(), sum);
    k.store(y.from(token, col), y_ub.pop());
  });
  return k.finish();
}

}  // namespace npu
