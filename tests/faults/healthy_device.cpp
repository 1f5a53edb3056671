#include "tests/faults/healthy_device.h"

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <numeric>

#include "tests/faults/fault_table.h"

namespace npu::test {

namespace {

using Matrix = std::array<float, 16>;  // 4 x 4

Matrix input() {
  Matrix x{};
  std::iota(x.begin(), x.end(), -3.0F);
  return x;
}

Matrix doubled(const Matrix& x) {
  Matrix y{};
  for (size_t i = 0; i < y.size(); ++i) y[i] = 2 * x[i];
  return y;
}

// x x^T; small whole numbers, so exact.
Matrix squared(const Matrix& x) {
  Matrix z{};
  for (size_t i = 0; i < 4; ++i) {
    for (size_t j = 0; j < 4; ++j) {
      for (size_t k = 0; k < 4; ++k) z[4 * i + j] += x[4 * i + k] * x[4 * j + k];
    }
  }
  return z;
}

Matrix contents(Device& device, Buffer buffer) {
  Matrix matrix{};
  device.read(buffer, std::as_writable_bytes(std::span(matrix)));
  return matrix;
}

// What good.npuasm takes on a fresh device; measured once for a machine and mode.
uint64_t& fresh_cycles(const MachineConfig& machine, const SimulatorOptions& options) {
  static std::map<std::string, uint64_t> known;
  return known[machine.name + std::to_string(static_cast<int>(options.mode))];
}

}  // namespace

HealthyDevice::HealthyDevice(const MachineConfig& machine, const SimulatorOptions& options)
    : device_(machine, options), mode_(options.mode), good_(faulty_program("good").program) {
  x_ = device_.alloc(sizeof(Matrix), Storage::kData, "good x");
  y_ = device_.alloc(sizeof(Matrix), Storage::kData, "good y");
  z_ = device_.alloc(sizeof(Matrix), Storage::kData, "good z");
  uint64_t& cycles = fresh_cycles(machine, options);
  if (cycles == 0) cycles = run_good().cycles;
  good_cycles_ = cycles;
}

RunResult HealthyDevice::run_good() {
  const Matrix x = input(), nothing{};
  device_.write(x_, std::as_bytes(std::span(x)));
  device_.write(y_, std::as_bytes(std::span(nothing)));
  device_.write(z_, std::as_bytes(std::span(nothing)));
  return device_.wait(device_.launch(good_, {x_, y_, z_}, {.groups = 1}));
}

RunResult HealthyDevice::run(const std::shared_ptr<const Program>& program) {
  std::vector<int32_t> ramp(1024);
  std::iota(ramp.begin(), ramp.end(), 0);
  std::vector<Argument> arguments;
  std::vector<Buffer> buffers;
  for (const Parameter& parameter : program->parameters) {
    if (parameter.kind == Parameter::Kind::kInt) arguments.emplace_back(int64_t{0});
    if (parameter.kind == Parameter::Kind::kF32) arguments.emplace_back(0.0F);
    if (parameter.kind != Parameter::Kind::kTensor) continue;
    const Storage storage = parameter.control ? Storage::kControl : Storage::kData;
    buffers.push_back(device_.alloc(ramp.size() * sizeof(int32_t), storage, parameter.name));
    device_.write(buffers.back(), std::as_bytes(std::span(ramp)));
    arguments.emplace_back(buffers.back());
  }
  RunResult result = device_.wait(device_.launch(program, std::move(arguments), {.groups = 1}));
  for (const Buffer buffer : buffers) device_.release(buffer);
  return result;
}

void HealthyDevice::check_health() {
  const RunResult result = run_good();
  if (result.fault) FAIL_CHECK("good.npuasm afterwards: " + result.fault->text());
  CHECK(result.check.clean());
  CHECK(result.cycles == good_cycles_);
  if (mode_ == Mode::kTimingOnly) return;
  CHECK(contents(device_, y_) == doubled(input()));
  CHECK(contents(device_, z_) == squared(input()));
}

}  // namespace npu::test
