#include "runtime/report/roofline.h"

#include <algorithm>
#include <initializer_list>

namespace npu {

double peak_macs_per_cycle(const MachineConfig& machine, Type type) {
  const CubeConfig& cube = machine.cube;
  const int cycles = cube.cycles[static_cast<size_t>(type)];
  if (cycles == 0) return 0;
  const double depth = cube.fractal_row_bytes * 8.0 / bits_of(type);
  return cube.fractal_rows * cube.fractal_rows * depth / cycles * machine.groups;
}

namespace {

Roofline slowest(std::initializer_list<Roofline> all) {
  return std::max(all, [](const Roofline& a, const Roofline& b) { return a.cycles < b.cycles; });
}

}  // namespace

double least_hbm_bytes(const Work& work, const MachineConfig& machine) {
  const auto cached = static_cast<double>(machine.memory.l2.bytes);
  return work.read_bytes + std::max(0.0, work.written_bytes - cached);
}

Roofline roofline(const Work& work, const MachineConfig& machine) {
  const L2Config& l2 = machine.memory.l2;
  const double peak = peak_macs_per_cycle(machine, work.cube_type);
  const Roofline cube{work.macs > 0 && peak > 0 ? work.macs / peak : 0, "cube"};
  const Roofline hbm{least_hbm_bytes(work, machine) / machine.hbm_bytes_per_cycle(), "HBM"};
  const Roofline cache{(work.read_bytes + work.written_bytes) / l2.bytes_per_cycle, "L2"};
  return slowest({hbm, cache, cube});
}

Roofline own_roofline(const RunRecord& record, const MachineConfig& machine,
                      double hbm_bytes_per_cycle) {
  const auto vectors = static_cast<double>(std::count_if(
      record.cores.begin(), record.cores.end(), [](const CoreRecord& c) { return c.core > 0; }));
  const TrafficRecord& traffic = record.traffic;
  const auto bytes = [](uint64_t read, uint64_t written) {
    return static_cast<double>(read + written);
  };
  const double work = static_cast<double>(record.total(Unit::kVector).busy());
  return slowest(
      {{bytes(traffic.hbm_read, traffic.hbm_written) / hbm_bytes_per_cycle, "HBM"},
       {bytes(traffic.core_read, traffic.core_written) / machine.memory.l2.bytes_per_cycle, "L2"},
       {vectors > 0 ? work / vectors : 0, "vector"},
       {record.cube_share() * static_cast<double>(record.cycles), "cube"}});
}

}  // namespace npu
