#include "runtime/validate/measurement.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "isa/errors.h"
#include "runtime/files/configs.h"
#include "runtime/files/problems.h"

namespace npu {

namespace {

namespace fs = std::filesystem;

// The values of a map as texts.
std::map<std::string, std::string> texts(const YAML::Node& node) {
  std::map<std::string, std::string> result;
  for (const auto& entry : node) {
    result[entry.first.as<std::string>()] = entry.second.as<std::string>();
  }
  return result;
}

constexpr const char* kKeys = "family machine source experiment with rows";
constexpr const char* kRowKeys =
    "name machine experiment with operators source unscored and figures: cycles task_us cube_us "
    "feed_us "
    "load_us drain_us vector_us store_us";

// A row inherits machine, experiment, source and parameters from the head of its file.
class FileReader {
 public:
  explicit FileReader(std::string file) : file_(std::move(file)) {}

  std::vector<Measurement> read() {
    std::vector<Measurement> rows;
    try {
      const YAML::Node root = YAML::LoadFile(file_);
      Measurement head;
      for (const auto& entry : root) {
        const auto key = entry.first.as<std::string>();
        if (key != "rows") read_field(head, key, entry.first, entry.second, false);
      }
      for (const YAML::Node& node : root["rows"]) {
        Measurement row = head;
        for (const auto& entry : node) {
          read_field(row, entry.first.as<std::string>(), entry.first, entry.second, true);
        }
        if (row.name.empty() || row.machine.empty() || row.source.empty() || row.figures.empty()) {
          problems_.add(place(node), "a row needs name, machine, source and a figure", kRowKeys);
        }
        rows.push_back(std::move(row));
      }
    } catch (const YAML::Exception& error) {
      problems_.add(fmt::format("{}:{}", file_, error.mark.line + 1), error.msg, "YAML");
    }
    problems_.throw_if_any();
    return rows;
  }

 private:
  std::string place(const YAML::Node& node) const {
    return fmt::format("{}:{}", file_, node.Mark().line + 1);
  }

  void read_field(Measurement& row, const std::string& key, const YAML::Node& at,
                  const YAML::Node& value, bool is_row) {
    if (key == "with") {
      for (const auto& [name, text] : texts(value)) row.with[name] = text;
    } else if (key == "operators" && is_row) {
      for (const YAML::Node& text : value) row.operators.push_back(text.as<std::string>());
    } else if (std::string* field = text_field(row, key, is_row)) {
      *field = value.as<std::string>();
    } else if (is_row && (key == "cycles" || key.ends_with("_us"))) {
      row.figures[key] = value.as<double>();
    } else {
      problems_.add(place(at), in_quotes(key) + ": unknown key", is_row ? kRowKeys : kKeys);
    }
  }

  static std::string* text_field(Measurement& row, const std::string& key, bool is_row) {
    if (key == "machine") return &row.machine;
    if (key == "source") return &row.source;
    if (key == "experiment") return &row.experiment;
    if (key == "family" && !is_row) return &row.family;
    if (key == "name" && is_row) return &row.name;
    if (key == "unscored" && is_row) return &row.unscored;
    return nullptr;
  }

  std::string file_;
  Problems problems_;
};

}  // namespace

const std::string& Measurement::text(const std::string& key) const {
  const auto it = with.find(key);
  if (it == with.end()) {
    throw InputError(
        fmt::format("measurement {}: its experiment {} needs {}", name, experiment, key));
  }
  return it->second;
}

int64_t Measurement::number(const std::string& key) const {
  const std::string& value = text(key);
  char* end = nullptr;
  const long long result = std::strtoll(value.c_str(), &end, 10);
  if (end == value.c_str() || *end != '\0') {
    throw InputError(fmt::format("measurement {}: {}: {} is no whole number", name, key, value));
  }
  return result;
}

int64_t Measurement::number(const std::string& key, int64_t fallback) const {
  return with.count(key) == 0 ? fallback : number(key);
}

std::vector<Measurement> read_measurements(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
  }
  if (error) throw InputError(folder + ": cannot be read; allowed: a folder of measurements");
  std::sort(files.begin(), files.end());
  std::vector<Measurement> all;
  for (const std::string& file : files) {
    std::vector<Measurement> rows = FileReader(file).read();
    std::move(rows.begin(), rows.end(), std::back_inserter(all));
  }
  return all;
}

std::string hardware_folder() { return configs_path("hardware"); }

}  // namespace npu
