#include "runtime/report/machine_sheet.h"

#include <fmt/format.h>

#include "runtime/report/roofline.h"
#include "runtime/report/units.h"

namespace npu {
namespace {

std::string binary_text(int64_t bytes) {
  constexpr const char* kUnits[] = {"B", "KB", "MB", "GB"};
  size_t unit = 0;
  auto value = static_cast<double>(bytes);
  for (; value >= 1024 && unit < 3; ++unit) value /= 1024;
  return fmt::format("{:.4g} {}", value, kUnits[unit]);
}

std::string peaks(const MachineConfig& m) {
  std::string text;
  for (int i = 0; i < kTypeCount; ++i) {
    const auto type = static_cast<Type>(i);
    const double macs = peak_macs_per_cycle(m, type);
    if (macs == 0) continue;
    const bool whole = type == Type::kI8 || type == Type::kI4;
    text += fmt::format("  {:<5} {:>8.1f} {}\n", type_name(type), 2 * macs * m.clock_ghz / 1e3,
                        whole ? "TOP/s" : "TFLOP/s");
  }
  return text;
}

std::string ratios(const MachineConfig& m) {
  const double hbm = m.memory.hbm.gigabytes_per_second * 1e9;
  const double l2 = m.memory.l2.bytes_per_cycle * m.clock_ghz * 1e9;
  const double flops = 2 * peak_macs_per_cycle(m, Type::kF16) * m.clock_ghz * 1e9;
  std::string text = fmt::format("  L2 over HBM           {:.2f}\n", l2 / hbm);
  if (flops > 0) {
    text += fmt::format("  f16 FLOP a byte of HBM {:.0f}, of L2 {:.0f}\n", flops / hbm, flops / l2);
  }
  return text + fmt::format("  vector cores a cube   {}\n", m.vectors);
}

std::string links(const MachineConfig& m) {
  if (m.chips == 1) return "";
  const LinkConfig& link = m.link;
  std::string text =
      fmt::format("links     {} of {} chips, {} one way {}, {:.4g} ns a hop", link.topology,
                  m.chips, rate_text(link.gigabytes_per_second * 1e9),
                  link.topology == "switch" ? "a port" : "a link", link.latency_nanoseconds);
  if (link.topology == "switch" && m.chips > link.leaf) {
    text += fmt::format("; leaves of {} chips, {} one way to the spine", link.leaf,
                        rate_text(link.uplink_gigabytes_per_second * 1e9));
  }
  if (link.topology == "mesh") text += fmt::format("; rows of {} chips", link.leaf);
  return text + "\n";
}

}  // namespace

std::string machine_sheet(const MachineConfig& m) {
  const BufferConfig& b = m.buffer;
  const MemoryConfig& memory = m.memory;
  std::string text = fmt::format("{}: {}\n", m.name, m.about);
  text += fmt::format(
      "cores     {} {} of {} groups at {} GHz: {} cube and {} vector cores a chip\n", m.chips,
      m.chips == 1 ? "chip" : "chips", m.groups, m.clock_ghz, m.groups, m.groups * m.vectors);
  text += "peak of a chip's cubes\n" + peaks(m);
  text +=
      fmt::format("buffers   L1 {}, L0A {}, L0B {}, L0C {}, UB {}\n", binary_text(b.l1),
                  binary_text(b.l0a), binary_text(b.l0b), binary_text(b.l0c), binary_text(b.ub));
  text += fmt::format("L2        {}, {}\n", binary_text(memory.l2.bytes),
                      rate_text(memory.l2.bytes_per_cycle * m.clock_ghz * 1e9));
  text += fmt::format("HBM       {}, {}\n", binary_text(memory.gm),
                      rate_text(memory.hbm.gigabytes_per_second * 1e9));
  text += fmt::format("paths     L0C to UB {}, UB to L1 {}\n", m.path.l0c_to_ub ? "yes" : "no",
                      m.path.ub_to_l1 ? "yes" : "no");
  text += "ratios\n" + ratios(m) + links(m);
  text += fmt::format("launch    {} from the host, {} in a graph\n",
                      time_text(m.launch.seconds(false, m.groups, true)),
                      time_text(m.launch.seconds(true, m.groups, true)));
  return text + "\nfields, with range and source\n" + dump_machine(m);
}

}  // namespace npu
