// npu validate: the model beside published measurements.
#include "runtime/validate/validate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "runtime/cli/commands.h"
#include "runtime/cli/terminal.h"
#include "runtime/validate/bulk_tables.h"
#include "runtime/validate/report.h"

namespace npu {
namespace {

struct Options {
  std::string machine, family, data;
  bool json = false, markdown = false;
};

nlohmann::json to_json(const std::vector<ValidationRow>& rows) {
  nlohmann::json result{{"rows", nlohmann::json::array()},
                        {"summary", nlohmann::json::array()},
                        {"fitted_parameters", nlohmann::json::object()}};
  for (const ValidationRow& row : rows) {
    nlohmann::json entry{{"family", row.family},     {"machine", row.machine},
                         {"row", row.name},          {"figure", row.figure},
                         {"measured", row.measured}, {"source", row.source}};
    if (row.unscored.empty()) {
      entry["predicted"] = row.predicted;
      entry["error"] = row.error();
    } else {
      entry["not_scored"] = row.unscored;
    }
    result["rows"].push_back(entry);
  }
  for (const ValidationSummary& s : summarise(rows)) {
    result["summary"].push_back({{"family", s.family},
                                 {"machine", s.machine},
                                 {"scored", s.scored},
                                 {"not_scored", s.unscored},
                                 {"mean", s.mean},
                                 {"median", s.median},
                                 {"nine_in_ten", s.ninth},
                                 {"worst", s.worst}});
  }
  for (const std::string& machine : machines_of(rows)) {
    if (machine.empty()) continue;
    result["fitted_parameters"][machine] = fitted_parameters(load_machine(machine));
  }
  return result;
}

void compare(const Options& o) {
  std::vector<Measurement> measurements = read_measurements(hardware_folder());
  if (!o.data.empty()) {
    std::vector<Measurement> bulk = read_bulk_tables(o.data);
    std::move(bulk.begin(), bulk.end(), std::back_inserter(measurements));
  }
  ValidateOptions options{o.machine, o.family, [](const Measurement&) { return !interrupted(); }};
  const std::vector<ValidationRow> rows = validate(measurements, options);
  if (interrupted()) return;
  if (o.json) {
    fmt::print("{}\n", to_json(rows).dump(2));
  } else {
    fmt::print("{}", o.markdown ? validation_markdown(rows) : validation_text(rows));
  }
}

}  // namespace

void register_validate(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("validate", "compare the model with published measurements");
  const auto o = std::make_shared<Options>();
  command->add_option("--machine", o->machine, "only rows of this preset (all)");
  command->add_option("--family", o->family, "only rows of this family (all)");
  command->add_option("--data", o->data, "folder with bulk tables to compare with, too");
  command->add_flag("--json", o->json, "print JSON");
  command->add_flag("--markdown", o->markdown, "print tables of Markdown");
  command->callback([o] { compare(*o); });
}

}  // namespace npu
