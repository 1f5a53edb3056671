// What starting a program costs on a machine, from its `launch` fields; never part of a run's
// cycles.
#pragma once

#include "isa/program/program.h"
#include "sim/config/machine.h"

namespace npu {

enum class LaunchFrom : uint8_t { kHost, kGraph };

// Seconds until the first instruction on so many groups of each chip (0: all): from the host's
// call, or from the end of the kernel before it in a captured graph.
inline double launch_seconds(const MachineConfig& machine, const Program& program, LaunchFrom from,
                             int groups = 0) {
  const bool mixed = !program.cube.words.empty() && !program.vector.words.empty();
  return machine.launch.seconds(from == LaunchFrom::kGraph, groups == 0 ? machine.groups : groups,
                                mixed);
}

// What starting some programs costs, whichever starts them.
struct LaunchSeconds {
  double host = 0, graph = 0;

  double from(LaunchFrom from) const { return from == LaunchFrom::kGraph ? graph : host; }
  void add(const MachineConfig& machine, const Program& program) {
    host += launch_seconds(machine, program, LaunchFrom::kHost);
    graph += launch_seconds(machine, program, LaunchFrom::kGraph);
  }
  void add(const LaunchSeconds& others) {
    host += others.host;
    graph += others.graph;
  }
};

}  // namespace npu
