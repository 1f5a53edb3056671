#include "sim/memory/noc.h"

#include <algorithm>

namespace npu {
namespace {

// Nodes of a ring or mesh hold the groups and the slices, both spread evenly.
struct Grid {
  int columns = 1, rows = 1;  // a ring is one row whose ends meet
  bool ring = false;

  // Four links leave each node: right, left, down, up.
  uint32_t link(int node, int direction) const {
    return static_cast<uint32_t>(node * 4 + direction);
  }
  // Along the row first, then along the column; a ring goes the shorter way round.
  std::vector<uint32_t> path(int from, int to) const {
    std::vector<uint32_t> links;
    int x = from % columns, y = from / columns;
    const int to_x = to % columns, to_y = to / columns;
    const int ahead = (to_x - x + columns) % columns;
    const bool right = ring ? ahead * 2 <= columns : to_x > x;
    while (x != to_x) {
      links.push_back(link(y * columns + x, right ? 0 : 1));
      x = (x + (right ? 1 : columns - 1)) % columns;
    }
    while (y != to_y) {
      links.push_back(link(y * columns + x, to_y > y ? 2 : 3));
      y += to_y > y ? 1 : -1;
    }
    return links;
  }
};

Grid grid_of(const NocConfig& config, int nodes) {
  Grid grid;
  grid.ring = config.topology == "ring";
  grid.columns = grid.ring ? nodes : std::min(config.columns, nodes);
  grid.rows = (nodes + grid.columns - 1) / grid.columns;
  return grid;
}

size_t links_of(const NocConfig& config, int groups, int slices) {
  if (config.topology == "crossbar") return 2 * static_cast<size_t>(groups);
  const Grid grid = grid_of(config, std::max(groups, slices));
  return 4 * static_cast<size_t>(grid.columns * grid.rows);
}

}  // namespace

Noc::Noc(const NocConfig& config, int groups, int slices)
    : slices_(static_cast<size_t>(slices)),
      rate_(config.bytes_per_cycle),
      hop_(ticks_of(static_cast<uint64_t>(config.hop_latency))),
      links_(links_of(config, groups, slices), config.bytes_per_cycle) {
  const bool crossbar = config.topology == "crossbar";
  const int nodes = std::max(groups, slices);
  const Grid grid = grid_of(config, nodes);
  for (int group = 0; group < groups; ++group) {
    for (int slice = 0; slice < slices; ++slice) {
      // Of a crossbar only the groups' ends are links: a slice's end is the slice's own rate.
      const auto end = static_cast<uint32_t>(2 * group);
      const int at_group = group * nodes / groups, at_slice = slice * nodes / slices;
      to_group_.push_back(
          store(crossbar ? std::vector<uint32_t>{end} : grid.path(at_slice, at_group)));
      to_slice_.push_back(
          store(crossbar ? std::vector<uint32_t>{end + 1} : grid.path(at_group, at_slice)));
    }
  }
}

Noc::Path Noc::store(const std::vector<uint32_t>& links) {
  const Path path{static_cast<uint32_t>(steps_.size()), static_cast<uint32_t>(links.size())};
  steps_.insert(steps_.end(), links.begin(), links.end());
  return path;
}

void Noc::reset() {
  links_.reset();
  link_bytes_ = 0;
}

Ticks Noc::pass(Ticks now, Ticks from, const Path& path, uint64_t bytes) {
  Ticks head = from, done = from;
  for (uint32_t i = path.first; i < path.first + path.count; ++i) {
    done = std::max(done + hop_, links_.book(steps_[i], now, head, bytes) + hop_);
    head += hop_;
  }
  link_bytes_ += bytes * path.count;
  return done;
}

}  // namespace npu
