#include "runtime/report/energy.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/report/units.h"

namespace npu {

std::string energy_text(std::vector<EnergyPart> parts, double seconds) {
  double total = 0;
  for (const EnergyPart& part : parts) total += part.joules;
  if (total <= 0 || seconds <= 0) return "none";
  std::stable_sort(parts.begin(), parts.end(),
                   [](const EnergyPart& a, const EnergyPart& b) { return a.joules > b.joules; });
  std::string text = fmt::format("{:.4g} mJ, {:.4g} W", total * 1e3, total / seconds);
  const char* between = ": ";
  for (const EnergyPart& part : parts) {
    text += fmt::format("{}{} {}", between, part.part, percent_text(part.joules / total));
    between = ", ";
  }
  return text;
}

}  // namespace npu
