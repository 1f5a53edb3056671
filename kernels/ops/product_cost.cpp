#include "kernels/ops/product_cost.h"

#include <algorithm>
#include <cmath>

namespace npu::detail {

namespace {

// What one tile costs beside its work: filling the pipeline from GM to the cube; and one mma.
constexpr double kCyclesPerTile = 500;
constexpr double kCyclesPerMma = 4;
constexpr double kCyclesPerRequest = 3;  // of load, for a piece of a row of GM
constexpr int64_t kLine = 512;

// Requests that load makes for a row of a tile in GM, where tiles lie side by side: pieces aligned
// to their own size, at most a line. The mean of a few tiles.
double requests_of_row(int64_t row_bytes) {
  constexpr int64_t kTiles = 8;
  int64_t count = 0;
  for (int64_t at = 0; at < kTiles * row_bytes; ++count) {
    const int64_t end = (at / row_bytes + 1) * row_bytes, aligned = at % kLine & -(at % kLine);
    int64_t piece = aligned == 0 ? kLine : aligned;
    while (piece > end - at) piece /= 2;
    at += piece;
  }
  return static_cast<double>(count) / static_cast<double>(kTiles);
}

// Cycles to load `rows` rows of `cols` of GM through a port of so many bytes a cycle.
double load_cycles(const ElementType& type, double rows, int64_t cols, double port) {
  const int64_t bytes = bytes_of_row(type, cols);
  return rows *
         std::max(static_cast<double>(bytes) / port, kCyclesPerRequest * requests_of_row(bytes));
}

// The same for k elements of `width` rows or columns of an operand, its rows along k or across.
double operand_cycles(const ElementType& type, int64_t width, int64_t k, int64_t depth, bool across,
                      double port) {
  if (across) return load_cycles(type, static_cast<double>(k), width, port);
  const int64_t packet = std::min(depth, k);
  const double packets = static_cast<double>(k) / static_cast<double>(packet);
  return load_cycles(type, static_cast<double>(width) * packets, packet, port);
}

// Cycles in which HBM gives both operands once.
double read_cycles(const Limits& machine, const ProductShape& s) {
  return static_cast<double>(s.k * s.copies) *
         static_cast<double>(bytes_of_row(s.a, s.m) + bytes_of_row(s.b, s.n)) /
         machine.hbm_bytes_per_cycle;
}

}  // namespace

ProductCost product_cost(const Limits& machine, const ProductShape& s, const ProductTiling& t) {
  const double copies = static_cast<double>(s.copies);
  const double tiles =
      static_cast<double>(ceil_div(s.m, t.m)) * static_cast<double>(ceil_div(s.n, t.n));
  const double active = std::min<double>(tiles * copies, machine.groups);
  const double k = static_cast<double>(s.k);
  const Type wider = bits_of(s.a.type()) > bits_of(s.b.type()) ? s.a.type() : s.b.type();
  const double cube = static_cast<double>(t.m * t.n) * k / macs_per_cycle(machine, wider) +
                      kCyclesPerMma * static_cast<double>(ceil_div(s.k, t.step));
  const double port =
      std::min(machine.gm_bytes_per_cycle_core, machine.gm_bytes_per_cycle_chip / active);
  const double load = operand_cycles(s.a, std::min(t.m, s.m), s.k, t.depth, s.a_transposed, port) +
                      operand_cycles(s.b, std::min(t.n, s.n), s.k, t.depth, !s.b_transposed, port);
  const double a_tile = std::max(cube, load) + kCyclesPerTile;
  const double together = std::ceil(tiles * copies / machine.groups) * a_tile;
  const double groups = s.dealt ? copies * std::ceil(tiles / machine.groups) * a_tile : together;
  const bool shares_lines = !s.b_transposed && bytes_of_row(s.b, t.n) % kLine != 0;
  return {std::max(together, read_cycles(machine, s)), shares_lines, groups};
}

bool begins_apart(const Limits& machine, const ProductShape& s, const ProductTiling& t,
                  double cycles) {
  constexpr int64_t kManyTiles = 8, kManyPackets = 8;
  constexpr double kMostOf = 0.75;
  if (t.span > 0) return false;
  if (machine.l2_fetches_again) return true;
  if (!s.b_transposed || s.dealt) return false;
  const int64_t tiles = ceil_div(s.m, t.m) * ceil_div(s.n, t.n) * s.copies;
  const bool near_hbm = kMostOf * cycles <= read_cycles(machine, s);
  return tiles >= kManyTiles * machine.groups ||
         (near_hbm && ceil_div(s.k, t.depth) >= kManyPackets);
}

}  // namespace npu::detail
