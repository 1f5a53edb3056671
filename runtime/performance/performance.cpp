#include "runtime/performance/performance.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "isa/errors.h"
#include "runtime/report/roofline.h"
#include "runtime/schedule/operator_run.h"
#include "runtime/schedule/program_cache.h"
#include "sim/memory/probe.h"

namespace npu {

namespace {

bool chosen(const PerformanceCase& c, const PerformanceOptions& o) {
  return (o.machine.empty() || o.machine == c.machine) && c.name.find(o.row) != std::string::npos &&
         !(o.without_slow && c.slow);
}

[[noreturn]] void nothing_chosen(const std::vector<PerformanceCase>& cases) {
  std::set<std::string> names, machines;
  for (const PerformanceCase& c : cases) {
    names.insert(c.name);
    machines.insert(c.machine);
  }
  throw InputError(
      fmt::format("no row of that name and machine; there are rows {}; and machines {}",
                  fmt::join(names, "; "), fmt::join(machines, " ")));
}

// Cycles of cubes with an mma under way, over all of them.
double cube_busy(const RunRecord& record) {
  const UnitRecord cube = record.total(Unit::kCube);
  return static_cast<double>(cube.busy() + cube.cycles[static_cast<size_t>(Cause::kPort)]);
}

// One machine on which cases run.
class Track {
 public:
  explicit Track(const std::string& machine)
      : device_(load_machine(machine), options()),
        hbm_(probe_stream(device_.machine()).gigabytes_per_second / device_.machine().clock_ghz) {}

  const MachineConfig& machine() const { return device_.machine(); }

  // Nothing if it was interrupted.
  std::optional<PerformanceRow> measure(const PerformanceCase& c,
                                        std::function<bool(const Progress&)> progress) {
    progress_ = std::move(progress);
    const std::optional<RunRecord> run = record(c.call);
    if (!run) return std::nullopt;
    std::optional<RunRecord> dense;
    if (c.dense && !(dense = record(*c.dense))) return std::nullopt;
    const Roofline own = own_roofline(*run, machine(), hbm_);
    PerformanceRow row{c, run->cycles, {}, own.resource};
    const auto percent = [](double part, double whole) {
      return whole > 0 ? 100 * part / whole : 0;
    };
    const auto cycles = static_cast<double>(run->cycles);
    const double peak = run->cube_share() * cycles;
    const auto cubes =
        static_cast<double>(std::count_if(run->cores.begin(), run->cores.end(),
                                          [](const CoreRecord& core) { return core.core == 0; }));
    for (const BoundShare& share : c.shares) {
      switch (share.bound) {
        case Bound::kCubeBusy:
          row.shares.push_back(percent(peak * cubes, cube_busy(*run)));
          break;
        case Bound::kCubePeak:
          row.shares.push_back(percent(peak, cycles));
          break;
        case Bound::kRoofline:
          row.shares.push_back(percent(own.cycles, cycles));
          break;
        case Bound::kHbm:
          row.shares.push_back(percent(least_hbm_bytes(work(c.call), machine()) / hbm_, cycles));
          break;
        case Bound::kDense:
          row.shares.push_back(percent(static_cast<double>(dense->cycles), cycles));
          break;
      }
    }
    return row;
  }

 private:
  SimulatorOptions options() {
    SimulatorOptions options{.mode = Mode::kTimingOnly};
    options.progress = [this](const Progress& p) { return !progress_ || progress_(p); };
    return options;
  }

  static Work work(const KernelCall& call) {
    const Operator& op = find_operator(call.kernel);
    return op.work(Options(op.name, op.options, call.options));
  }

  std::optional<RunRecord> record(const KernelCall& call) {
    const Operator& op = find_operator(call.kernel);
    const Options given(op.name, op.options, call.options);
    std::vector<OperatorArgument> arguments = op.arguments(given, 1, Contents::kControlOnly);
    const RunResult result =
        run_operator(device_, std::make_shared<const Program>(op.program(device_.limits(), given)),
                     arguments, {.cold_l2 = true});
    if (result.fault)
      throw InputError(kernel_text(op, call.options) + " on " + machine().name + ": " +
                       result.fault->text());
    if (result.interrupted) return std::nullopt;
    return result.record;
  }

  std::function<bool(const Progress&)> progress_;
  Device device_;
  double hbm_;  // bytes a cycle that a stream reaches
};

}  // namespace

bool PerformanceRow::meets(size_t share) const {
  const std::optional<double>& target = what.shares[share].target;
  return !target || std::round(10 * shares[share]) >= 10 * *target;
}

std::vector<PerformanceRow> measure_performance(const std::vector<PerformanceCase>& cases,
                                                const PerformanceOptions& options) {
  std::vector<PerformanceRow> rows;
  std::unique_ptr<Track> track;  // NOTE: one simulator at a time
  for (const PerformanceCase& c : cases) {
    if (!chosen(c, options)) continue;
    if (!track || track->machine().name != c.machine) {
      track.reset();
      track = std::make_unique<Track>(c.machine);
    }
    const std::optional<PerformanceRow> row = track->measure(c, [&](const Progress& progress) {
      return !options.progress || options.progress(c, progress);
    });
    if (!row) return rows;
    rows.push_back(*row);
  }
  if (rows.empty()) nothing_chosen(cases);
  return rows;
}

}  // namespace npu
