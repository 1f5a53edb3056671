#include "sim/soc/simulator.h"

#include <chrono>

#include "isa/errors.h"
#include "sim/soc/attach.h"
#include "sim/soc/context.h"
#include "sim/soc/modules.h"
#include "sim/soc/observer_pair.h"

namespace npu {
namespace {

EngineOptions engine_options(const SimulatorOptions& options) {
  return {.free_costs = options.mode == Mode::kFunctionalOnly,
          .max_cycles = options.max_cycles,
          .shuffle_seed = options.shuffle_seed};
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

struct Simulator::Impl {
  Impl(const MachineConfig& machine_in, SimulatorOptions options_in)
      : machine(machine_in),
        limits(limits_of(machine_in)),
        options(std::move(options_in)),
        gm(limits.gm, limits.chips, options.mode == Mode::kTimingOnly, options.host_bytes),
        engine(machine, limits, gm, engine_options(options)),
        chip(std::make_unique<ChipModule>("chip", machine, engine, Company::kAlone)) {
    engine.shared().print = options.print;
  }

  // Calls options.progress every fifth of a second of host time; false stops the run.
  bool poll() {
    constexpr double kEvery = 0.2;
    if (!options.progress) return true;
    const double seconds = seconds_since(began);
    if (seconds < next_progress) return true;
    next_progress = seconds + kEvery;
    if (options.progress({engine.now(), engine.shared().retired, seconds})) return true;
    interrupted = true;
    engine.stop();
    return false;
  }

  MachineConfig machine;
  Limits limits;
  SimulatorOptions options;
  Gm gm;
  SystemcContext context;
  Engine engine;
  std::unique_ptr<ChipModule> chip;
  std::chrono::steady_clock::time_point began;
  double next_progress = 0;
  bool interrupted = false;
};

Simulator::Simulator(const MachineConfig& machine, SimulatorOptions options)
    : impl_(std::make_unique<Impl>(machine, std::move(options))) {}

Simulator::~Simulator() {
  if (impl_) impl_->context.enter();
}

Gm& Simulator::gm() { return impl_->gm; }
const Limits& Simulator::limits() const { return impl_->limits; }
const MachineConfig& Simulator::machine() const { return impl_->machine; }

RunResult Simulator::run(const Program& program, std::span<const uint64_t> arguments,
                         const RunOptions& options) {
  Impl& m = *impl_;
  m.context.enter();
  m.began = std::chrono::steady_clock::now();
  m.next_progress = 0.2;
  m.interrupted = false;
  RunResult result;
  m.engine.begin_run(program, arguments, options.groups, options.cold_l2);
  std::unique_ptr<Checker> checker;
  ObserverPair both;
  if (m.options.check) {
    checker =
        std::make_unique<Checker>(m.limits, m.gm, program,
                                  CheckedLaunch{m.engine.groups(),
                                                {arguments.begin(), arguments.end()},
                                                m.engine.control_block(),
                                                m.limits.chips},
                                  [&m](int group) -> GroupState& { return m.engine.state(group); });
    both = ObserverPair(checker.get(), m.options.observer);
  }
  RetireObserver* observer = m.options.observer;
  if (checker) observer = observer == nullptr ? static_cast<RetireObserver*>(checker.get()) : &both;
  m.engine.shared().observer = observer;
  m.engine.shared().wheel.set_poll([&m] { return m.poll(); });
  try {
    m.chip->run_to_end();
  } catch (...) {
    m.engine.shared().observer = nullptr;
    m.engine.abandon_run();
    throw;
  }
  result.interrupted = m.interrupted;
  result.record = m.engine.end_run();
  result.cycles = result.record.cycles;
  result.fault = m.engine.take_fault();
  if (checker) result.check = checker->finish();
  m.engine.shared().observer = nullptr;
  return result;
}

ForeignWindow& open_foreign_window(Simulator& simulator, const ForeignWindowOptions& options) {
  simulator.impl_->context.enter();
  return simulator.impl_->chip->open_window(options);
}

void enter_systemc(Simulator& simulator) { simulator.impl_->context.enter(); }

}  // namespace npu
