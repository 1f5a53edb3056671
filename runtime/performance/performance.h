// How near the library's kernels come to what bounds them, simulated from a cold L2 without the
// launch.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/performance/performance_case.h"
#include "sim/soc/simulator.h"

namespace npu {

struct PerformanceRow {
  PerformanceCase what;
  uint64_t cycles = 0;
  std::vector<double> shares;  // in percent, as what.shares
  std::string limit;           // the unit of the run's own roofline

  bool meets(size_t share) const;  // at the tenth of a percent that is printed
};

struct PerformanceOptions {
  std::string machine;  // empty: all
  std::string row;      // part of the name of a row; empty: all
  bool without_slow = false;
  // Called while a case runs; returns false to stop.
  std::function<bool(const PerformanceCase&, const Progress&)> progress;
};

// Runs what the options choose, in the order given. Throws InputError if nothing is left, with what
// there is, and for a kernel that faults.
std::vector<PerformanceRow> measure_performance(const std::vector<PerformanceCase>& cases,
                                                const PerformanceOptions& options);

}  // namespace npu
