#include "sim/soc/modules.h"

#include <cmath>

#include "isa/errors.h"
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

ChipModule::ChipModule(sc_core::sc_module_name name, const MachineConfig& machine, Engine& engine,
                       Company company)
    : sc_module(name),
      engine_(engine),
      company_(company),
      femtoseconds_(static_cast<uint64_t>(std::llround(1e6 / machine.clock_ghz))),
      resolution_(static_cast<uint64_t>(
          std::llround(sc_core::sc_get_time_resolution().to_seconds() * 1e15))) {
  if (resolution_ > femtoseconds_) {
    throw InputError(std::string(this->name()) + ": SystemC's time resolution of " +
                     sc_core::sc_get_time_resolution().to_string() +
                     " is coarser than a cycle; set a finer one before the first module is built");
  }
  for (int group = 0; group < machine.chips * machine.groups; ++group) {
    std::string group_name = "group" + std::to_string(group % machine.groups);
    if (machine.chips > 1) {
      group_name = "chip" + std::to_string(group / machine.groups) + "_" + group_name;
    }
    groups_.push_back(std::make_unique<GroupModule>(group_name.c_str(), engine, group));
  }
  SC_HAS_PROCESS(ChipModule);
  SC_METHOD(host);
  sensitive << begin_;
  dont_initialize();
}

ForeignWindow& ChipModule::open_window(const ForeignWindowOptions& options) {
  sc_core::sc_get_curr_simcontext()->hierarchy_push(this);
  window_ = std::make_unique<ForeignWindow>(
      "window", options, engine_.shared().wheel, [this] { return cycle_now(); },
      [this](Cycle cycle) { return time_of(cycle); });
  sc_core::sc_get_curr_simcontext()->hierarchy_pop();
  engine_.shared().foreign = window_.get();
  return *window_;
}

// A cycle begins at the first time that SystemC can tell at or after its own.
sc_core::sc_time ChipModule::time_of(Cycle cycle) const {
  const uint64_t units = (cycle * femtoseconds_ + resolution_ - 1) / resolution_;
  return start_ + sc_core::sc_time::from_value(units);
}

Cycle ChipModule::cycle_now() const {
  return (sc_core::sc_time_stamp() - start_).value() * resolution_ / femtoseconds_;
}

// The last cycle that the wheel may run now: that of SystemC's next event. What foreign models
// answer at that time arrives a cycle later.
Cycle ChipModule::limit() const {
  if (company_ == Company::kAlone && !window_) return ~Cycle{0};
  const sc_core::sc_time next =
      sc_core::sc_time_to_pending_activity(sc_core::sc_get_curr_simcontext());
  const uint64_t left = sc_core::sc_max_time().value() - sc_core::sc_time_stamp().value();
  if (next.value() >= left) return ~Cycle{0};
  return (sc_core::sc_time_stamp() + next - start_).value() * resolution_ / femtoseconds_;
}

void ChipModule::host() {
  if (!running_) return;
  try {
    if (window_) window_->rethrow();
    if (over_ || engine_.advance(limit())) {
      return end_in_time();
    }
  } catch (...) {
    error_ = std::current_exception();
    return end();
  }
  sleep_until_next();
}

// The run is over at the wheel's cycle; SystemC's clock follows before control goes back.
void ChipModule::end_in_time() {
  const sc_core::sc_time at = time_of(engine_.now());
  if (!over_ && at > sc_core::sc_time_stamp()) {
    over_ = true;
    next_trigger(at - sc_core::sc_time_stamp());
    return;
  }
  end();
}

void ChipModule::end() {
  running_ = false;
  ended_.notify(sc_core::SC_ZERO_TIME);
  if (company_ == Company::kAlone) sc_core::sc_pause();
}

// Until the wheel's next event, or until foreign memory answers.
void ChipModule::sleep_until_next() {
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

void ChipModule::begin(const sc_core::sc_time& after) {
  start_ = sc_core::sc_time_stamp() + after;
  running_ = true;
  over_ = false;
  error_ = nullptr;
  begin_.notify(after);
}

void ChipModule::run_to_end() {
  begin(sc_core::SC_ZERO_TIME);
  while (running_) {
    run_systemc();
    if (running_ && !sc_core::sc_pending_activity()) {
      throw InputError(std::string(name()) + ": foreign memory never answered a transfer");
    }
  }
  rethrow();
}

}  // namespace npu
