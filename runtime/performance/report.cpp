#include "runtime/performance/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/errors.h"
#include "runtime/report/units.h"
#include "runtime/schedule/program_cache.h"
#include "sim/memory/probe.h"

namespace npu {

namespace {

constexpr const char* kMarker = "<!-- npu performance -->\n";

// What a stream gets of a machine's HBM.
struct Stream {
  std::string machine;
  double reached = 0, peak = 0;  // GB/s
};

std::vector<Stream> streams_of(const std::vector<PerformanceRow>& rows) {
  std::vector<Stream> streams;
  for (const PerformanceRow& row : rows) {
    const std::string& name = row.what.machine;
    if (std::any_of(streams.begin(), streams.end(),
                    [&](const Stream& stream) { return stream.machine == name; }))
      continue;
    const MachineConfig machine = load_machine(name);
    streams.push_back({name, probe_stream(machine).gigabytes_per_second,
                       machine.memory.hbm.gigabytes_per_second});
  }
  return streams;
}

std::string call_text(const PerformanceCase& c) {
  return kernel_text(find_operator(c.call.kernel), c.call.options);
}

std::string bound_of(const PerformanceRow& row, size_t share) {
  const Bound bound = row.what.shares[share].bound;
  return bound == Bound::kRoofline ? fmt::format("{}, by {}", bound_text(bound), row.limit)
                                   : std::string(bound_text(bound));
}

std::string target_of(const PerformanceRow& row, size_t share) {
  const std::optional<double>& target = row.what.shares[share].target;
  if (!target) return "";
  return fmt::format("{:g} %{}", *target, row.meets(share) ? "" : ", missed");
}

}  // namespace

std::string performance_text(const std::vector<PerformanceRow>& rows) {
  std::string text;
  for (const Stream& stream : streams_of(rows))
    text += fmt::format("{:<14} a stream reaches {:.4g} of {:.4g} GB/s, {}\n", stream.machine,
                        stream.reached, stream.peak, percent_text(stream.reached / stream.peak));
  text += fmt::format("\n{:<14} {:<40} {:>13}  {:<24} {:>7}  {}\n", "machine", "row", "cycles",
                      "share of", "", "target");
  for (const PerformanceRow& row : rows) {
    for (size_t i = 0; i < row.shares.size(); ++i)
      text += fmt::format("{:<14} {:<40} {:>13}  {:<24} {:>5.1f} %  {}\n", row.what.machine,
                          row.what.name, count_text(row.cycles), bound_of(row, i), row.shares[i],
                          target_of(row, i));
  }
  return text;
}

std::string performance_markdown(const std::vector<PerformanceRow>& rows) {
  std::string text = "| machine | a stream reaches | of HBM's peak |\n|---|--:|--:|\n";
  for (const Stream& stream : streams_of(rows))
    text += fmt::format("| {} | {:.0f} GB/s | {} |\n", stream.machine, stream.reached,
                        percent_text(stream.reached / stream.peak));
  text += "\n| machine | row | kernel | cycles | share of | % | target |\n";
  text += "|---|---|---|--:|---|--:|---|\n";
  for (const PerformanceRow& row : rows) {
    for (size_t i = 0; i < row.shares.size(); ++i)
      text +=
          fmt::format("| {} | {}{} | `{}` | {} | {} | {:.1f} | {} |\n", row.what.machine,
                      row.what.name, row.what.slow ? " (slow)" : "", call_text(row.what),
                      count_text(row.cycles), bound_of(row, i), row.shares[i], target_of(row, i));
  }
  return text;
}

std::string page_with_performance(const std::string& page,
                                  const std::vector<PerformanceRow>& rows) {
  const size_t at = page.find(kMarker);
  if (at == std::string::npos)
    throw InputError(fmt::format("the page has no line {}; allowed: one that has", kMarker));
  return page.substr(0, at) + kMarker + "\n" + performance_markdown(rows);
}

}  // namespace npu
