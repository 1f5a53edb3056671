#include "runtime/report/roofline.h"

#include <algorithm>

namespace npu {

double peak_macs_per_cycle(const MachineConfig& machine, Type type) {
  const CubeConfig& cube = machine.cube;
  const int cycles = cube.cycles[static_cast<size_t>(type)];
  if (cycles == 0) return 0;
  const double depth = cube.fractal_row_bytes * 8.0 / bits_of(type);
  return cube.fractal_rows * cube.fractal_rows * depth / cycles * machine.groups;
}

Roofline roofline(const Work& work, const MachineConfig& machine) {
  const L2Config& l2 = machine.memory.l2;
  const double beyond = std::max(0.0, work.written_bytes - static_cast<double>(l2.bytes));
  const double peak = peak_macs_per_cycle(machine, work.cube_type);
  const Roofline cube{work.macs > 0 && peak > 0 ? work.macs / peak : 0, "cube"};
  const Roofline hbm{(work.read_bytes + beyond) / machine.hbm_bytes_per_cycle(), "HBM"};
  const Roofline cache{(work.read_bytes + work.written_bytes) / l2.bytes_per_cycle, "L2"};
  return std::max({hbm, cache, cube},
                  [](const Roofline& a, const Roofline& b) { return a.cycles < b.cycles; });
}

}  // namespace npu
