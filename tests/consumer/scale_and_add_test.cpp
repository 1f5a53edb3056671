// scale_and_add on a simulated machine: the right bits, in a time that the same run gives.
#include "scale_and_add.h"

#include <cmath>
#include <cstdio>
#include <memory>
#include <vector>

#include "runtime/device/device.h"

namespace {

bool right(npu::Device& device, std::int64_t rows, std::int64_t columns) {
  const auto count = static_cast<std::size_t>(rows * columns);
  const float a = 0.75F;
  std::vector<float> x(count), y(count), result(count);
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = 0.1F * static_cast<float>(i % 17) - 0.8F;
    y[i] = 0.3F * static_cast<float>(i % 11);
  }
  const npu::Buffer x_gm = device.alloc(count * sizeof(float), npu::Storage::kData, "x");
  const npu::Buffer y_gm = device.alloc(count * sizeof(float), npu::Storage::kData, "y");
  device.write(x_gm, std::as_bytes(std::span(x)));
  device.write(y_gm, std::as_bytes(std::span(y)));

  auto program = std::make_shared<npu::Program>(scale_and_add(device.limits(), columns));
  const npu::RunResult run = device.wait(device.launch(program, {rows, a, x_gm, y_gm}));
  if (run.fault) {
    std::printf("%s\n", run.fault->text().c_str());
    return false;
  }
  device.read(y_gm, std::as_writable_bytes(std::span(result)));
  device.release(x_gm);
  device.release(y_gm);
  std::printf("%lld x %lld: %llu cycles\n", static_cast<long long>(rows),
              static_cast<long long>(columns), static_cast<unsigned long long>(run.cycles));
  for (std::size_t i = 0; i < count; ++i) {
    if (result[i] != std::fma(a, x[i], y[i])) {
      std::printf("element %zu is %g, not %g\n", i, result[i], std::fma(a, x[i], y[i]));
      return false;
    }
  }
  return run.cycles > 0;
}

}  // namespace

int main(int argc, char** argv) {
  npu::Device device(npu::load_machine(argc > 1 ? argv[1] : "tiny"));
  bool ok = true;
  for (const std::int64_t rows : {1, 2, 7, 64}) {
    for (const std::int64_t columns : {1, 8, 13}) ok = right(device, rows, columns) && ok;
  }
  return ok ? 0 : 1;
}
