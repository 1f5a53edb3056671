// The SystemC side of the model: chip > group > core > unit as modules, one method that hosts the
// engine's wheel, and the ports to memory that somebody else simulates.
//
// Native time is the wheel's: the method runs it until the next thing that SystemC has to do, so
// that nothing foreign is ever overtaken, and sleeps until then.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include "sim/soc/foreign_window.h"
#include "sim/timing/engine.h"

namespace npu {

// A unit in the hierarchy: "chip.group3.cube.load".
class UnitModule : public sc_core::sc_module {
 public:
  UnitModule(sc_core::sc_module_name name, Core& core, Unit unit)
      : sc_module(name), core_(core), unit_(unit) {}
  Unit unit() const { return unit_; }
  // The model that gives it its behaviour; null for the sequencer.
  const UnitModel* model() const { return std::as_const(core_).unit(unit_); }
  const char* kind() const override { return "npu_unit"; }

 private:
  Core& core_;
  Unit unit_;
};

class CoreModule : public sc_core::sc_module {
 public:
  CoreModule(sc_core::sc_module_name name, Core& core);
  const char* kind() const override { return "npu_core"; }

 private:
  std::vector<std::unique_ptr<UnitModule>> units_;
};

class GroupModule : public sc_core::sc_module {
 public:
  GroupModule(sc_core::sc_module_name name, Engine& engine, int group);
  const char* kind() const override { return "npu_group"; }

 private:
  std::vector<std::unique_ptr<CoreModule>> cores_;
};

// Whether the model has SystemC for itself, or runs beside modules of somebody else, whose events
// it must not overtake.
enum class Company : uint8_t { kAlone, kPlatform };

class ChipModule : public sc_core::sc_module {
 public:
  // Throws InputError if SystemC's time resolution is coarser than a cycle.
  ChipModule(sc_core::sc_module_name name, const MachineConfig& machine, Engine& engine,
             Company company);
  const char* kind() const override { return "npu_chip"; }

  // Starts what the engine has begun, after a while; ended() follows at its last cycle.
  void begin(const sc_core::sc_time& after);
  const sc_core::sc_event& ended() const { return ended_; }
  // An exception from inside the run that has ended, as it was thrown.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

  // All of that from outside of SystemC, for a model alone.
  void run_to_end();

  // Opens a window to foreign memory; before the first run.
  ForeignWindow& open_window(const ForeignWindowOptions& options);
  // It, or null.
  ForeignWindow* window() { return window_.get(); }

  // The present cycle of the run as SystemC's clock has it, and the time of a cycle.
  Cycle cycle_now() const;
  sc_core::sc_time time_of(Cycle cycle) const;

 private:
  void host();
  void end_in_time();
  void end();
  void sleep_until_next();
  Cycle limit() const;

  Engine& engine_;
  Company company_;
  uint64_t femtoseconds_;  // of a cycle
  uint64_t resolution_;    // femtoseconds of SystemC's unit of time
  sc_core::sc_time start_;
  sc_core::sc_event begin_, ended_;
  bool running_ = false;
  bool over_ = false;  // and only the clock has to follow
  std::exception_ptr error_;
  std::vector<std::unique_ptr<GroupModule>> groups_;
  std::unique_ptr<ForeignWindow> window_;
};

}  // namespace npu
