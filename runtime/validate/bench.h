// One machine on which short hand-written programs and whole kernels are timed.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "isa/errors.h"
#include "isa/program/program.h"
#include "runtime/device/device.h"

namespace npu {

// What the machine refused to run: a fault of the program.
class CannotRun : public InputError {
 public:
  using InputError::InputError;
};

class Bench {
 public:
  explicit Bench(const MachineConfig& machine);
  ~Bench();
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  struct Times {
    uint64_t start = 0, retire = 0;
  };

  const MachineConfig& machine() const { return device_.machine(); }
  const Limits& limits() const { return device_.limits(); }
  Device& device() { return device_; }

  // Runs assembly on group 0; its parameters are integers: addresses of `tensors` of that many
  // bytes. Gives the times of all instructions of one unit of the group's cube core or first vector
  // core. Throws CannotRun with the fault's text if it faults.
  std::vector<Times> time_unit(const std::string& text, Unit unit,
                               const std::vector<uint64_t>& tensors = {});

  // What a run took: its cycles, and of each unit the cycles in which an instruction was under way,
  // summed over all cores.
  struct Run {
    uint64_t cycles = 0;
    std::array<uint64_t, kUnits> under_way{};
    uint64_t of(Unit unit) const { return under_way[static_cast<size_t>(unit)]; }
  };

  // Runs a program, timing only. Throws CannotRun as above.
  Run run(std::shared_ptr<const Program> program, std::vector<Argument> arguments,
          const RunOptions& options);

  // The same with cold L2 on `groups` groups (0: all) and one fresh tensor of so many bytes a
  // parameter.
  Run run(Program program, const std::vector<uint64_t>& tensors, int groups);

 private:
  class Watch;
  std::vector<Buffer> allocate(const std::vector<uint64_t>& tensors);
  void release(const std::vector<Buffer>& buffers);

  std::unique_ptr<Watch> watch_;
  Device device_;
};

}  // namespace npu
