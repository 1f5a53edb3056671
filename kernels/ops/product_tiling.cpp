#include "kernels/ops/product_tiling.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "isa/errors.h"
#include "kernels/ops/product_cost.h"

namespace npu::detail {

namespace {

constexpr int kSlots = 2;         // of L0A and L0B, and of L1
constexpr int64_t kSumBytes = 4;  // an element of L0C
constexpr int64_t kScaleK = 32;   // of K, for each scale in L0

// Bytes of rows x cols in L0, and in L1, planes of scales included.
int64_t l0_bytes(const ElementType& type, int64_t rows, int64_t cols) {
  return rows * (bytes_of_row(type, cols) + (type.scaled() ? ceil_div(cols, kScaleK) : 0));
}
int64_t plane_bytes(const Limits& machine, const ElementType& type, int64_t rows, int64_t cols) {
  if (!type.scaled()) return 0;
  return round_up(round_up(ceil_div(rows, type.block().rows), machine.fractal_rows) *
                      ceil_div(cols, type.block().cols),
                  machine.fractal_bytes());
}
int64_t l1_bytes(const Limits& machine, const ElementType& type, int64_t rows, int64_t cols) {
  return rows * bytes_of_row(type, cols) + plane_bytes(machine, type, rows, cols);
}

// Bytes of a packet of k: its part of a and of b.
int64_t packet_bytes(const Limits& machine, const ProductShape& s, const ProductTiling& t,
                     int64_t depth) {
  return l1_bytes(machine, s.a, t.m, depth) + l1_bytes(machine, s.b, t.n, depth);
}
int64_t l1_room(const Limits& machine) { return static_cast<int64_t>(machine.l1) * 7 / 8; }

// The narrower type decides how many columns a native tile has: the wider one has whole tiles then.
int64_t native_cols(const Limits& machine, const ProductShape& s) {
  return std::max(machine.fractal_cols(s.a.type()), machine.fractal_cols(s.b.type()));
}

// A part of an operand is whole blocks of scales, or lies in one.
bool meets_rows(const ElementType& type, int64_t rows) {
  return !type.scaled() || rows % type.block().rows == 0 || type.block().rows % rows == 0;
}
bool meets_cols(const ElementType& type, int64_t cols) {
  return !type.scaled() || cols % type.block().cols == 0 || type.block().cols % cols == 0;
}

// Steps of k to try: four native tiles and fewer, in whole blocks of scales.
std::vector<int64_t> steps_of(const Limits& machine, const ProductShape& s) {
  const bool scaled = s.a.scaled() || s.b.scaled();
  const int64_t native =
      std::max<int64_t>({native_cols(machine, s), machine.fractal_rows, scaled ? kScaleK : 1});
  std::vector<int64_t> steps;
  for (int64_t step = std::max(native, 4 * native_cols(machine, s)); step >= native; step /= 2) {
    if (step % native != 0) continue;
    const int64_t enough = std::min(step, round_up(s.k, native));
    const bool meets = meets_cols(s.a, enough) && meets_cols(s.b, enough);
    steps.push_back(meets ? enough : step);
  }
  return steps;
}

// Columns of k in a slot of L1: a power of two of steps, until rows in GM are long enough to be
// read at full speed. At most a quarter of k, so that the cube need not wait long for the first
// packet.
int64_t depth_of(const Limits& machine, const ProductShape& s, const ProductTiling& t) {
  constexpr int64_t kLongRow = 512;
  const int64_t quarter = round_up(ceil_div(s.k, 4), t.step);
  int64_t depth = t.step;
  while (kSlots * packet_bytes(machine, s, t, 2 * depth) <= l1_room(machine) &&
         2 * depth <= quarter && bytes_of_row(s.a, depth) < kLongRow) {
    depth *= 2;
  }
  return depth;
}

// Slots of L1: more than two where they are small, to have enough bytes on the way from HBM.
int packets_of(const Limits& machine, const ProductShape& s, const ProductTiling& t) {
  constexpr int64_t kMost = 4;
  const int64_t fit = l1_room(machine) / packet_bytes(machine, s, t, t.depth);
  return static_cast<int>(std::clamp<int64_t>(fit, kSlots, kMost));
}

// Columns of k in a slot of scales: their rows are short, and a row costs load the same however
// short it is. Packets are counted with planes of their own, so that one packet's fits.
int64_t span_of(const Limits& machine, const ProductShape& s, const ProductTiling& t) {
  if (!s.a.scaled()) return 0;
  const auto planes = [&](int64_t span) {
    return kSlots * (plane_bytes(machine, s.a, t.m, span) + plane_bytes(machine, s.b, t.n, span));
  };
  const int64_t values = packet_bytes(machine, s, t, t.depth) - planes(t.depth) / kSlots;
  const int64_t quarter = ceil_div(s.k, 4);
  int64_t span = t.depth;
  while (2 * span <= quarter &&
         t.a_packets * values + planes(2 * span) <= static_cast<int64_t>(machine.l1)) {
    span *= 2;
  }
  return span;
}

// Where only one operand has room for one slot more, load goes on with that one while it waits for
// a slot of the other.
void give_slots(const Limits& machine, const ProductShape& s, ProductTiling& t) {
  t.a_packets = t.b_packets = packets_of(machine, s, t);
  t.span = span_of(machine, s, t);
  if (t.span > 0) return;
  const int64_t a = l1_bytes(machine, s.a, t.m, t.depth), b = l1_bytes(machine, s.b, t.n, t.depth);
  const int64_t left = l1_room(machine) - t.a_packets * (a + b);
  if (left >= a && left < b) ++t.a_packets;
  if (left >= b && left < a) ++t.b_packets;
}

bool fits(const Limits& machine, const ProductShape& s, const ProductTiling& t) {
  const auto holds = [](uint64_t memory, int64_t bytes) {
    return bytes <= static_cast<int64_t>(memory);
  };
  const int64_t unit = machine.fractal_bytes();
  return holds(machine.l0a, kSlots * round_up(l0_bytes(s.a, t.m, t.step), unit)) &&
         holds(machine.l0b, kSlots * round_up(l0_bytes(s.b, t.n, t.step), unit)) &&
         kSlots * packet_bytes(machine, s, t, t.step) <= l1_room(machine) &&
         holds(machine.l0c, t.m * t.n * kSumBytes) &&
         (!s.to_vector || holds(machine.ub / 2, t.m / machine.vectors * t.n * kSumBytes)) &&
         (!s.table || holds(machine.table, t.n * kSumBytes)) &&
         (!s.bias || holds(machine.bias, t.n * kSumBytes));
}

}  // namespace

ProductTiling choose_tiling(std::string_view owner, const Limits& machine, const ProductShape& s) {
  // A side that feed turns round comes in whole native tiles of the other direction too.
  const int64_t rows = machine.fractal_rows;
  const int64_t m_unit =
      s.a_transposed ? std::max<int64_t>(rows, machine.fractal_cols(s.a.type())) : rows;
  const int64_t n_unit =
      s.b_transposed ? rows : std::max<int64_t>(rows, machine.fractal_cols(s.b.type()));

  std::optional<ProductTiling> best;
  ProductCost best_cost;
  ProductTiling t;
  for (const int64_t step : steps_of(machine, s)) {
    t.step = step;
    for (t.m = m_unit; t.m < s.m + m_unit; t.m += m_unit) {
      for (t.n = n_unit; t.n < s.n + n_unit && fits(machine, s, t); t.n += n_unit) {
        if (!meets_rows(s.a, t.m) || !meets_rows(s.b, t.n)) continue;
        t.depth = depth_of(machine, s, t);
        const ProductCost cost = product_cost(machine, s, t);
        if (!best || cost < best_cost) {
          best = t;
          best_cost = cost;
        }
      }
      t.n = n_unit;
      if (!fits(machine, s, t)) break;
    }
  }
  if (!best) {
    throw InputError(fmt::format("{}: the buffers of machine {} hold no tile of {}", owner,
                                 machine.machine, type_name(s.a.type())));
  }
  give_slots(machine, s, *best);
  best->handover = best->m * best->n * kSumBytes * 2 > static_cast<int64_t>(machine.l0c);
  best->apart = begins_apart(machine, s, *best, best_cost.cycles);
  return *best;
}

}  // namespace npu::detail
