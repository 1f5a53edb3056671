#include <algorithm>
#include <cmath>

#include "kernels/ops/moe_exchange.h"

namespace npu {

namespace {

// A row of token t of chip `from`: the chip and slot it goes to, and the expert's number in t.
struct Row {
  size_t from, token, chip, slot, i;
};

// Chip by chip and token by token; normal: chips in order, low latency: experts in order.
template <class Body>
void each_row(const MoeExchangeShape& s, const MoeRouting& routing, const Body& body) {
  const auto chips = static_cast<size_t>(s.chips), tokens = static_cast<size_t>(s.tokens),
             top_k = static_cast<size_t>(s.top_k);
  for (size_t from = 0; from < chips; ++from) {
    for (size_t t = 0; t < tokens; ++t) {
      std::vector<size_t> on;
      for (size_t i = 0; i < top_k; ++i) {
        on.push_back(static_cast<size_t>(routing.chosen[(from * tokens + t) * top_k + i]) /
                     static_cast<size_t>(s.here()));
      }
      if (s.low_latency()) {
        for (size_t i = 0; i < top_k; ++i) {
          const double place = routing.places[(from * top_k + i) * tokens + t];
          body(Row{from, t, on[i], static_cast<size_t>(place), i});
        }
        continue;
      }
      for (size_t chip = 0; chip < chips; ++chip) {
        if (std::find(on.begin(), on.end(), chip) != on.end()) body(Row{from, t, chip, t, 0});
      }
    }
  }
}

// Of row `slot` that `chip` keeps for chip `from`.
size_t slot_index(const MoeExchangeShape& s, const Row& row) {
  return (row.chip * static_cast<size_t>(s.chips) + row.from) * static_cast<size_t>(s.slots()) +
         row.slot;
}

}  // namespace

Expected moe_dispatch_reference(const MoeExchangeShape& s, int64_t cols, const MoeRouting& routing,
                                std::span<const double> x, std::span<const double> y) {
  const auto width = static_cast<size_t>(cols), tokens = static_cast<size_t>(s.tokens);
  Expected expected{{y.begin(), y.end()}, std::vector<double>(y.size(), 0)};
  each_row(s, routing, [&](const Row& row) {
    const auto from = x.subspan((row.from * tokens + row.token) * width, width);
    std::copy(from.begin(), from.end(),
              expected.want.begin() + static_cast<std::ptrdiff_t>(slot_index(s, row) * width));
  });
  return expected;
}

Expected moe_combine_reference(const MoeExchangeShape& s, const MoeRouting& routing,
                               std::span<const double> x, std::span<const double> weights) {
  const auto width = static_cast<size_t>(s.dim), tokens = static_cast<size_t>(s.tokens),
             top_k = static_cast<size_t>(s.top_k);
  const size_t count = static_cast<size_t>(s.chips) * tokens * width;
  std::vector<double> want(count), magnitude(count);
  each_row(s, routing, [&](const Row& row) {
    const size_t token = row.from * tokens + row.token;
    const double weight = s.low_latency() ? weights[token * top_k + row.i] : 1;
    const auto given = x.subspan(slot_index(s, row) * width, width);
    for (size_t c = 0; c < width; ++c) {
      want[token * width + c] += weight * given[c];
      magnitude[token * width + c] += std::fabs(weight * given[c]);
    }
  });
  const double gamma = gamma_f32(static_cast<double>(s.low_latency() ? s.top_k : s.chips) + 1);
  Expected expected;
  for (size_t i = 0; i < count; ++i) {
    expected.bound.push_back(with_rounding(s.type, want[i], gamma * magnitude[i]));
  }
  expected.want = std::move(want);
  return expected;
}

}  // namespace npu
