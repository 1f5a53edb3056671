#include "kernels/ops/matmul_tiling.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "isa/errors.h"
#include "kernels/ops/tiling.h"

namespace npu::detail {

namespace {

constexpr int kSlots = 2;         // of L0A and L0B, and of L1
constexpr int64_t kSumBytes = 4;  // an element of L0C

// What one tile costs beside its work: filling the pipeline from GM to the cube.
constexpr double kCyclesPerTile = 500;

// Columns of a slot in L0: four native tiles, or fewer where k or the buffers are smaller.
int64_t step_of(const Limits& machine, const MatmulShape& s) {
  const int64_t native = std::max(machine.fractal_cols(s.type), machine.fractal_rows);
  int64_t step = std::max<int64_t>(native, 4 * int64_t{machine.fractal_cols(s.type)});
  const int64_t smaller = static_cast<int64_t>(std::min(machine.l0a, machine.l0b));
  while (step > native && machine.fractal_rows * step * bytes_of(s.type) * kSlots > smaller)
    step -= native;
  return std::min(step, round_up(s.k, native));
}

// Bytes of a packet of k: its part of a and of b.
int64_t packet_bytes(const MatmulShape& s, const MatmulTiling& t, int64_t depth) {
  return depth * (t.m + t.n) * bytes_of(s.type);
}
int64_t l1_room(const Limits& machine) { return static_cast<int64_t>(machine.l1) * 7 / 8; }

// Columns of k in a slot of L1: a power of two of steps, until rows in GM are long enough to be
// read at full speed. At most a quarter of k, so that the cube need not wait long for the first
// packet.
int64_t depth_of(const Limits& machine, const MatmulShape& s, const MatmulTiling& t) {
  constexpr int64_t kLongRow = 512;
  const int64_t quarter = round_up(ceil_div(s.k, 4), t.step);
  int64_t depth = t.step;
  while (kSlots * packet_bytes(s, t, 2 * depth) <= l1_room(machine) && 2 * depth <= quarter &&
         depth * bytes_of(s.type) < kLongRow) {
    depth *= 2;
  }
  return depth;
}

// Slots of L1: more than two where they are small, to have enough bytes on the way from HBM.
int packets_of(const Limits& machine, const MatmulShape& s, const MatmulTiling& t) {
  constexpr int64_t kMost = 4;
  const int64_t fit = l1_room(machine) / packet_bytes(s, t, t.depth);
  return static_cast<int>(std::clamp<int64_t>(fit, kSlots, kMost));
}

bool fits(const Limits& machine, const MatmulShape& s, const MatmulTiling& t) {
  const auto holds = [](uint64_t memory, int64_t bytes) {
    return bytes <= static_cast<int64_t>(memory);
  };
  const int64_t column = t.step * bytes_of(s.type) * kSlots;
  return holds(machine.l0a, t.m * column) && holds(machine.l0b, t.n * column) &&
         kSlots * packet_bytes(s, t, t.step) <= l1_room(machine) &&
         holds(machine.l0c, t.m * t.n * kSumBytes) &&
         (!s.bias || holds(machine.bias, t.n * kSumBytes));
}

double cost_of(const Limits& machine, const MatmulShape& s, const MatmulTiling& t) {
  const double size = bytes_of(s.type);
  const double tiles =
      static_cast<double>(ceil_div(s.m, t.m)) * static_cast<double>(ceil_div(s.n, t.n));
  const double active = std::min<double>(tiles, machine.groups);
  const double rounds = std::ceil(tiles / machine.groups);
  const double m = static_cast<double>(std::min(t.m, s.m)),
               n = static_cast<double>(std::min(t.n, s.n));
  const double k = static_cast<double>(s.k);

  const double macs_per_cycle = machine.cube_macs_per_cycle_f16 * (size == 4 ? 0.25 : 2 / size);
  const double cube = static_cast<double>(t.m * t.n) * k / macs_per_cycle;
  const double port =
      std::min(machine.gm_bytes_per_cycle_core, machine.gm_bytes_per_cycle_chip / active);
  const double load = (m + n) * k * size / port;
  return rounds * (std::max(cube, load) + kCyclesPerTile);
}

}  // namespace

MatmulTiling choose_tiling(const Limits& machine, const MatmulShape& s) {
  // A side that feed turns round comes in whole native tiles of the other direction too.
  const int64_t rows = machine.fractal_rows, cols = machine.fractal_cols(s.type);
  const int64_t m_unit = s.a_transposed ? std::max(rows, cols) : rows;
  const int64_t n_unit = s.b_transposed ? rows : std::max(rows, cols);

  std::optional<MatmulTiling> best;
  double best_cost = 0;
  MatmulTiling t;
  t.step = step_of(machine, s);
  for (t.m = m_unit; t.m < s.m + m_unit; t.m += m_unit) {
    for (t.n = n_unit; t.n < s.n + n_unit && fits(machine, s, t); t.n += n_unit) {
      const double cost = cost_of(machine, s, t);
      if (!best || cost < best_cost) {
        best = t;
        best_cost = cost;
      }
    }
    t.n = n_unit;
    if (!fits(machine, s, t)) break;
  }
  if (!best) {
    throw InputError(fmt::format("matmul: the buffers of machine {} hold no tile of {}",
                                 machine.machine, type_name(s.type)));
  }
  best->depth = depth_of(machine, s, *best);
  best->packets = packets_of(machine, s, *best);
  best->handover = best->m * best->n * kSumBytes * 2 > static_cast<int64_t>(machine.l0c);
  return *best;
}

}  // namespace npu::detail
