// npu performance: how near the library's kernels come to what bounds them.
#include "runtime/performance/performance.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <span>

#include "isa/errors.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/terminal.h"
#include "runtime/files/configs.h"
#include "runtime/files/input_file.h"
#include "runtime/performance/report.h"

namespace npu {
namespace {

struct PerformanceCommand {
  std::string machine, row, page;
  bool without_slow = false, json = false, markdown = false;
};

nlohmann::json to_json(const std::vector<PerformanceRow>& rows) {
  nlohmann::json result = nlohmann::json::array();
  for (const PerformanceRow& row : rows) {
    nlohmann::json entry{{"machine", row.what.machine},
                         {"row", row.what.name},
                         {"kernel", row.what.call.kernel},
                         {"cycles", row.cycles},
                         {"own_roofline_by", row.limit}};
    for (const auto& [name, value] : row.what.call.options) entry["with"][name] = value;
    for (size_t i = 0; i < row.shares.size(); ++i) {
      const BoundShare& share = row.what.shares[i];
      nlohmann::json& one = entry["shares"][bound_key(share.bound)];
      one["percent"] = row.shares[i];
      if (share.target) one["target"] = *share.target;
    }
    result.push_back(entry);
  }
  return result;
}

void update(const std::string& path, const std::vector<PerformanceRow>& rows) {
  InputFile file(path);
  const std::string page = page_with_performance(file.text(file.size(), "page"), rows);
  const auto bytes = std::as_bytes(std::span(page));
  write_file(path, {bytes.begin(), bytes.end()});
}

void measure(const PerformanceCommand& c) {
  if (!c.page.empty() && !(c.machine.empty() && c.row.empty() && !c.without_slow))
    throw InputError("npu performance: --update needs every row; allowed: no choice of rows");
  ProgressLine line(1);
  PerformanceOptions options{c.machine, c.row, c.without_slow, {}};
  options.progress = [&](const PerformanceCase& row, const Progress& progress) {
    return line(row.machine + "  " + row.name, progress);
  };
  const std::vector<PerformanceRow> rows =
      measure_performance(read_performance_cases(configs_path("performance.yaml")), options);
  line.clear();
  if (interrupted()) return;
  if (!c.page.empty()) return update(c.page, rows);
  if (c.json) {
    fmt::print("{}\n", to_json(rows).dump(2));
  } else {
    fmt::print("{}", c.markdown ? performance_markdown(rows) : performance_text(rows));
  }
}

}  // namespace

void register_performance(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("performance", "how near the library's kernels come to their bounds");
  const auto c = std::make_shared<PerformanceCommand>();
  command->add_option("--machine", c->machine, "only rows of this preset (all)");
  command->add_option("--row", c->row, "only rows whose name contains this (all)");
  command->add_flag("--without-slow", c->without_slow, "leave out rows that take minutes");
  command->add_flag("--json", c->json, "print JSON");
  command->add_flag("--markdown", c->markdown, "print tables of Markdown");
  command->add_option("--update", c->page,
                      "run every row and write the tables into this page of the documentation");
  command->callback([c] { measure(*c); });
}

}  // namespace npu
