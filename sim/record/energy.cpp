#include "sim/record/energy.h"

#include "isa/types.h"

namespace npu {
namespace {

constexpr double kFemto = 1e-15, kPico = 1e-12;

double macs_per_cycle(const MachineConfig& machine, Type type) {
  const CubeConfig& cube = machine.cube;
  const int cycles = cube.cycles[static_cast<size_t>(type)];
  if (cycles == 0) return 0;
  const double depth = cube.fractal_row_bytes * 8.0 / bits_of(type);
  return cube.fractal_rows * cube.fractal_rows * depth / cycles;
}

}  // namespace

std::vector<EnergyPart> energy_of(const RunRecord& record, const MachineConfig& machine) {
  const EnergyConfig& table = machine.energy;
  std::vector<EnergyPart> parts;
  const auto add = [&](const std::string& part, double joules) {
    if (joules > 0) parts.push_back({part, joules});
  };
  for (size_t i = 0; i < kTypeCount; ++i) {
    const auto type = static_cast<Type>(i);
    double cycles = 0;
    for (const CoreRecord& core : record.cores) cycles += static_cast<double>(core.mma_cycles[i]);
    add(std::string("cube ") + type_name(type),
        cycles * macs_per_cycle(machine, type) * table.mac_femtojoules[i] * kFemto);
  }
  const TrafficRecord& traffic = record.traffic;
  const auto bytes = [&](uint64_t count, double picojoules) {
    return static_cast<double>(count) * picojoules * kPico;
  };
  add("vector",
      static_cast<double>(record.total(Unit::kVector).busy()) * table.vector_picojoules * kPico);
  add("L2", bytes(traffic.core_read + traffic.core_written, table.l2_picojoules));
  add("HBM", bytes(traffic.hbm_read + traffic.hbm_written, table.hbm_picojoules));
  add("links", bytes(traffic.links, table.link_picojoules));
  add("static", table.static_watts * record.chips * static_cast<double>(record.cycles) /
                    (record.clock_ghz * 1e9));
  return parts;
}

}  // namespace npu
