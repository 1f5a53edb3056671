// A device that runs somebody's program and then proves that it took no harm: the program
// good.npuasm still gives its numbers in the cycles that it takes on a fresh device.
#pragma once

#include <memory>

#include "runtime/device/device.h"

namespace npu::test {

class HealthyDevice {
 public:
  HealthyDevice(const MachineConfig& machine, const SimulatorOptions& options);

  // Runs on one group. Tensors are 4096 bytes that hold the i32 0, 1, 2 ...; numbers are 0.
  RunResult run(const std::shared_ptr<const Program>& program);

  // Fails the test unless good.npuasm still runs as on a fresh device.
  void check_health();

 private:
  RunResult run_good();

  Device device_;
  Mode mode_;
  std::shared_ptr<const Program> good_;
  Buffer x_, y_, z_;
  uint64_t good_cycles_ = 0;
};

}  // namespace npu::test
