#include "runtime/validate/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "isa/errors.h"
#include "runtime/validate/bench.h"
#include "runtime/validate/experiments.h"

namespace npu {

namespace {

bool chosen(const Measurement& m, const ValidateOptions& o) {
  return (o.machine.empty() || o.machine == m.machine) &&
         (o.family.empty() || o.family == m.family);
}

[[noreturn]] void nothing_chosen(const std::vector<Measurement>& measurements) {
  std::set<std::string> families, machines;
  for (const Measurement& m : measurements) {
    families.insert(m.family);
    machines.insert(m.machine);
  }
  throw InputError(
      fmt::format("no measurements of that family and machine; there are families {} "
                  "and machines {}",
                  fmt::join(families, " "), fmt::join(machines, " ")));
}

// Appends the figures of one measurement.
void add_rows(const Measurement& m, const std::map<std::string, double>& predicted,
              const std::string& unscored, std::vector<ValidationRow>& rows) {
  for (const auto& [figure, measured] : m.figures) {
    ValidationRow row{m.family, m.machine, m.name, figure, 0, measured, m.source, unscored};
    if (unscored.empty()) row.predicted = predicted.at(figure);
    rows.push_back(std::move(row));
  }
}

// The value below which a share of the sorted values lies.
double quantile(const std::vector<double>& sorted, double share) {
  const auto index = static_cast<size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::max<size_t>(index, 1) - 1];
}

void set_errors(std::vector<double> errors, ValidationSummary& summary) {
  if (errors.empty()) return;
  std::sort(errors.begin(), errors.end());
  for (const double error : errors) summary.mean += error;
  summary.mean /= static_cast<double>(errors.size());
  summary.median = quantile(errors, 0.5);
  summary.ninth = quantile(errors, 0.9);
  summary.worst = errors.back();
}

}  // namespace

std::vector<ValidationRow> validate(const std::vector<Measurement>& measurements,
                                    const ValidateOptions& options) {
  std::vector<ValidationRow> rows;
  std::unique_ptr<Bench> bench;  // NOTE: one simulator at a time
  for (const Measurement& m : measurements) {
    if (!chosen(m, options)) continue;
    if (!m.unscored.empty()) {
      add_rows(m, {}, m.unscored, rows);
      continue;
    }
    if (options.progress && !options.progress(m)) return rows;
    if (!bench || bench->machine().name != m.machine) {
      bench.reset();
      bench = std::make_unique<Bench>(load_machine(m.machine));
    }
    try {
      add_rows(m, run_experiment(*bench, m), "", rows);
    } catch (const CannotRun& refusal) {
      add_rows(m, {}, refusal.what(), rows);
    }
  }
  if (rows.empty()) nothing_chosen(measurements);
  return rows;
}

std::vector<ValidationSummary> summarise(const std::vector<ValidationRow>& rows) {
  std::vector<ValidationSummary> summaries;
  std::vector<std::vector<double>> errors;
  for (const ValidationRow& row : rows) {
    const auto it = std::find_if(summaries.begin(), summaries.end(), [&](const auto& summary) {
      return summary.family == row.family && summary.machine == row.machine;
    });
    const auto index = static_cast<size_t>(it - summaries.begin());
    if (it == summaries.end()) {
      summaries.push_back({row.family, row.machine});
      errors.emplace_back();
    }
    if (row.unscored.empty()) {
      ++summaries[index].scored;
      errors[index].push_back(std::abs(row.error()));
    } else {
      ++summaries[index].unscored;
    }
  }
  for (size_t i = 0; i < summaries.size(); ++i) set_errors(errors[i], summaries[i]);
  return summaries;
}

int fitted_parameters(const MachineConfig& machine) {
  return static_cast<int>(std::count_if(
      machine.sources.begin(), machine.sources.end(),
      [](const auto& source) { return source.second.find("fitted") != std::string::npos; }));
}

}  // namespace npu
