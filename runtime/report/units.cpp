#include "runtime/report/units.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace npu {

namespace {

struct Unit {
  double size;
  const char* name;
};

// The value in the largest unit that leaves at least 1 of it, or in the last one.
template <size_t N>
std::string scaled(double value, const std::array<Unit, N>& units, const char* suffix) {
  const Unit* unit = &units[N - 1];
  for (const Unit& candidate : units) {
    if (std::fabs(value) >= candidate.size) {
      unit = &candidate;
      break;
    }
  }
  return fmt::format("{:.4g} {}{}", value / unit->size, unit->name, suffix);
}

constexpr std::array<Unit, 5> kBytes{
    {{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}, {1, "B"}}};

}  // namespace

std::string time_text(double seconds) {
  constexpr std::array<Unit, 4> kTimes{{{1, "s"}, {1e-3, "ms"}, {1e-6, "us"}, {1e-9, "ns"}}};
  return scaled(seconds, kTimes, "");
}

std::string bytes_text(double bytes) { return scaled(bytes, kBytes, ""); }

std::string rate_text(double bytes_per_second) { return scaled(bytes_per_second, kBytes, "/s"); }

std::string percent_text(double share) { return fmt::format("{:.1f} %", share * 100); }

std::string count_text(uint64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, 1, ',');
  return digits;
}

}  // namespace npu
