#include "sim/soc/chip.h"

#include <cmath>

#include "sim/soc/context.h"

namespace npu {
namespace {

std::string core_name_of(int number) {
  return number == 0 ? "cube_core" : "vector_core" + std::to_string(number - 1);
}

}  // namespace

CoreModule::CoreModule(sc_core::sc_module_name name, Core& core) : sc_module(name) {
  for (int i = 0; i < kUnits; ++i) {
    const auto unit = static_cast<Unit>(i);
    if (unit != Unit::kSequencer && core.unit(unit) == nullptr) continue;
    units_.push_back(std::make_unique<UnitModule>(unit_name(unit), core, unit));
  }
}

GroupModule::GroupModule(sc_core::sc_module_name name, Engine& engine, int group)
    : sc_module(name) {
  for (int i = 0; i < engine.cores_of_group(); ++i) {
    cores_.push_back(std::make_unique<CoreModule>(core_name_of(i).c_str(), engine.core(group, i)));
  }
}

Chip::Chip(sc_core::sc_module_name name, const MachineConfig& machine, Engine& engine)
    : sc_module(name),
      engine_(engine),
      femtoseconds_(static_cast<uint64_t>(std::llround(1e6 / machine.clock_ghz))) {
  for (int group = 0; group < machine.chips * machine.groups; ++group) {
    std::string group_name = "group" + std::to_string(group % machine.groups);
    if (machine.chips > 1) {
      group_name = "chip" + std::to_string(group / machine.groups) + "_" + group_name;
    }
    groups_.push_back(std::make_unique<GroupModule>(group_name.c_str(), engine, group));
  }
  SC_HAS_PROCESS(Chip);
  SC_METHOD(host);
  sensitive << begin_;
  dont_initialize();
}

ForeignWindow& Chip::open_window(const ForeignWindowOptions& options) {
  sc_core::sc_get_curr_simcontext()->hierarchy_push(this);
  window_ = std::make_unique<ForeignWindow>(
      "window", options, engine_.shared().wheel, [this] { return cycle_now(); },
      [this](Cycle cycle) { return time_of(cycle); });
  sc_core::sc_get_curr_simcontext()->hierarchy_pop();
  engine_.shared().foreign = window_.get();
  return *window_;
}

sc_core::sc_time Chip::time_of(Cycle cycle) const {
  return start_ + sc_core::sc_time::from_value(cycle * femtoseconds_);
}

Cycle Chip::cycle_now() const {
  return (sc_core::sc_time_stamp() - start_).value() / femtoseconds_;
}

// The last cycle that the wheel may run now: that of SystemC's next event. What foreign models
// answer at that time arrives a cycle later.
Cycle Chip::limit() const {
  if (!window_) return ~Cycle{0};
  const sc_core::sc_time next =
      sc_core::sc_time_to_pending_activity(sc_core::sc_get_curr_simcontext());
  const uint64_t left = sc_core::sc_max_time().value() - sc_core::sc_time_stamp().value();
  if (next.value() >= left) return ~Cycle{0};
  return (sc_core::sc_time_stamp() + next - start_).value() / femtoseconds_;
}

void Chip::host() {
  if (!running_) return;
  try {
    if (window_) window_->rethrow();
    if (over_ || engine_.advance(limit())) {
      end_in_time();
      return;
    }
  } catch (...) {
    error_ = std::current_exception();
    running_ = false;
    sc_core::sc_pause();
    return;
  }
  sleep_until_next();
}

// The run is over at the wheel's cycle; SystemC's clock follows before control goes back.
void Chip::end_in_time() {
  const sc_core::sc_time at = time_of(engine_.now());
  if (!over_ && at > sc_core::sc_time_stamp()) {
    over_ = true;
    next_trigger(at - sc_core::sc_time_stamp());
    return;
  }
  running_ = false;
  sc_core::sc_pause();
}

// Until the wheel's next event, or until foreign memory answers.
void Chip::sleep_until_next() {
  const std::optional<Cycle> next = engine_.next();
  if (!next) {
    next_trigger(window_->finished());
    return;
  }
  const sc_core::sc_time& now = sc_core::sc_time_stamp();
  const sc_core::sc_time at = time_of(*next);
  const sc_core::sc_time left = at > now ? at - now : sc_core::SC_ZERO_TIME;
  if (window_) {
    next_trigger(left, window_->finished());
  } else {
    next_trigger(left);
  }
}

void Chip::run_to_end() {
  start_ = sc_core::sc_time_stamp();
  running_ = true;
  over_ = false;
  error_ = nullptr;
  begin_.notify(sc_core::SC_ZERO_TIME);
  while (running_) {
    run_systemc();
    if (running_ && !sc_core::sc_pending_activity()) {
      throw InputError(std::string(name()) + ": foreign memory never answered a transfer");
    }
  }
  if (error_) std::rethrow_exception(error_);
}

}  // namespace npu
