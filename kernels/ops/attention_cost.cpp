#include "kernels/ops/attention_cost.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/ops/attention_tiling.h"
#include "kernels/ops/tiling.h"

namespace npu {

namespace {

using detail::ceil_div;
using detail::round_up;

constexpr double kSumBytes = 4;  // of a score and of a partial output
constexpr double kLanes = 64;    // of f32 in a step of the vector unit, which takes a cycle
// Steps for each step's scores: maximum, difference, exp at half rate, conversion, sum.
constexpr double kScoreSteps = 6;

// One tile of query rows against its keys.
struct Counted {
  double macs = 0, vector_steps = 0, gm_bytes = 0;
};

Counted count(const Limits& machine, const AttentionShape& s, const detail::AttentionTiling& t,
              int64_t rows, int64_t keys) {
  const auto channels = static_cast<double>(s.head_dim), values = static_cast<double>(s.values());
  const double size = bytes_of(s.type), r = static_cast<double>(rows),
               n = static_cast<double>(keys);
  const auto tiles = static_cast<double>(ceil_div(keys, t.keys));
  Counted c;
  c.macs = static_cast<double>(round_up(rows, machine.fractal_rows)) *
           static_cast<double>(round_up(keys, machine.fractal_rows)) * (channels + values);
  c.vector_steps = r * (n * kScoreSteps + tiles * values) / kLanes;
  c.gm_bytes = (r + n) * (channels + values) * size;  // q and out, keys and values
  if (!machine.l0c_to_ub) c.gm_bytes += 2 * kSumBytes * r * (n + tiles * values);
  if (!machine.ub_to_l1) c.gm_bytes += 2 * size * r * n;
  return c;
}

using Named = std::pair<double, const char*>;
Named largest(const AttentionCost& c) {
  const std::array<Named, 4> all{
      {{c.cube, "cube"}, {c.vector, "vector"}, {c.l2, "L2"}, {c.hbm, "HBM"}}};
  return *std::max_element(all.begin(), all.end(),
                           [](const Named& a, const Named& b) { return a.first < b.first; });
}

}  // namespace

double AttentionCost::cycles() const { return largest(*this).first; }
const char* AttentionCost::bound() const { return largest(*this).second; }

AttentionCost prefill_cost(const Limits& machine, const AttentionShape& s, int64_t past) {
  const detail::AttentionTiling t =
      detail::attention_tiling(machine, s, {.rows = s.tokens, .long_tiles = true});
  Counted all;
  for (int64_t first = 0; first < s.tokens; first += t.rows) {
    const int64_t rows = std::min(t.rows, s.tokens - first), newest = past + first;
    const int64_t oldest =
        s.window == 0 ? 0 : std::max<int64_t>(0, newest - (s.window - 1)) / t.keys * t.keys;
    const Counted tile = count(machine, s, t, rows, newest + rows - oldest);
    all.macs += tile.macs;
    all.vector_steps += tile.vector_steps;
    all.gm_bytes += tile.gm_bytes;
  }
  const auto heads = static_cast<double>(s.heads), groups = static_cast<double>(machine.groups);
  const double row = static_cast<double>(s.head_dim + s.values()) * bytes_of(s.type);
  const double once = row * (static_cast<double>(s.tokens) * heads +
                             static_cast<double>((past + s.tokens) * s.kv_heads));
  return {.cube = heads * all.macs / groups / detail::macs_per_cycle(machine, s.type),
          .vector = heads * all.vector_steps / groups / machine.vectors,
          .l2 = heads * all.gm_bytes / machine.gm_bytes_per_cycle_chip,
          .hbm = once / machine.hbm_bytes_per_cycle};
}

}  // namespace npu
