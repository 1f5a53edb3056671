#include "runtime/validate/report.h"

#include <fmt/format.h>

#include <algorithm>

namespace npu {

namespace {

const char* unit_of(const ValidationRow& row) { return row.figure == "cycles" ? "cycles" : "us"; }

}  // namespace

std::vector<std::string> machines_of(const std::vector<ValidationRow>& rows) {
  std::vector<std::string> machines;
  for (const ValidationRow& row : rows) {
    if (std::find(machines.begin(), machines.end(), row.machine) == machines.end()) {
      machines.push_back(row.machine);
    }
  }
  return machines;
}

std::string validation_text(const std::vector<ValidationRow>& rows) {
  std::string text = fmt::format("{:<8} {:<14} {:<44} {:<9} {:>12} {:>12} {:>8}\n", "family",
                                 "machine", "row", "figure", "predicted", "measured", "error");
  for (const ValidationRow& row : rows) {
    const std::string head =
        fmt::format("{:<8} {:<14} {:<44} {:<9}", row.family, row.machine, row.name, row.figure);
    if (row.unscored.empty()) {
      text += fmt::format("{} {:>12.1f} {:>12.1f} {:>+7.1f}%\n", head, row.predicted, row.measured,
                          100 * row.error());
    } else {
      text += fmt::format("{} not scored: {}\n", head, row.unscored);
    }
  }
  text += fmt::format("\n{:<8} {:<14} {:>7} {:>10} {:>7} {:>7} {:>7} {:>7}\n", "family", "machine",
                      "scored", "not scored", "mean", "median", "90 %", "worst");
  for (const ValidationSummary& s : summarise(rows)) {
    text += fmt::format("{:<8} {:<14} {:>7} {:>10}", s.family, s.machine, s.scored, s.unscored);
    text += s.scored == 0 ? "\n"
                          : fmt::format(" {:>6.1f}% {:>6.1f}% {:>6.1f}% {:>6.1f}%\n", 100 * s.mean,
                                        100 * s.median, 100 * s.ninth, 100 * s.worst);
  }
  for (const std::string& machine : machines_of(rows)) {
    if (machine.empty()) continue;
    text += fmt::format("{}: {} fitted parameters\n", machine,
                        fitted_parameters(load_machine(machine)));
  }
  return text;
}

std::string summary_markdown(const std::vector<ValidationRow>& rows) {
  std::string text =
      "| family | machine | scored | not scored | mean | median | 90 % | worst |\n"
      "|---|---|--:|--:|--:|--:|--:|--:|\n";
  for (const ValidationSummary& s : summarise(rows)) {
    text += fmt::format("| {} | {} | {} | {} |", s.family, s.machine, s.scored, s.unscored);
    text += s.scored == 0 ? " | | | |\n"
                          : fmt::format(" {:.1f} % | {:.1f} % | {:.1f} % | {:.1f} % |\n",
                                        100 * s.mean, 100 * s.median, 100 * s.ninth, 100 * s.worst);
  }
  return text;
}

std::string validation_markdown(const std::vector<ValidationRow>& rows) {
  std::string text = summary_markdown(rows);
  text += "\n| family | machine | row | figure | predicted | measured | error |\n";
  text += "|---|---|---|---|--:|--:|--:|\n";
  for (const ValidationRow& row : rows) {
    const std::string head =
        fmt::format("| {} | {} | {} | {} |", row.family, row.machine, row.name, row.figure);
    if (row.unscored.empty()) {
      text += fmt::format("{} {:.1f} | {:.1f} {} | {:+.1f} % |\n", head, row.predicted,
                          row.measured, unit_of(row), 100 * row.error());
    } else {
      text +=
          fmt::format("{} | {:.1f} {} | {} |\n", head, row.measured, unit_of(row), row.unscored);
    }
  }
  text += "\n| machine | fitted parameters |\n|---|--:|\n";
  for (const std::string& machine : machines_of(rows)) {
    text += fmt::format("| {} | {} |\n", machine, fitted_parameters(load_machine(machine)));
  }
  return text;
}

}  // namespace npu
