#include "runtime/model/config_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <utility>

#include "isa/errors.h"
#include "runtime/files/input_file.h"

namespace npu {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 64;
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 20;

// Line and column, from 1, of the byte with this number from 1.
std::string line_and_column(const std::string& text, size_t byte) {
  const size_t before = std::min(byte == 0 ? 0 : byte - 1, text.size());
  const auto begin = text.begin();
  const auto line = 1 + std::count(begin, begin + static_cast<std::ptrdiff_t>(before), '\n');
  const size_t line_end = before == 0 ? std::string::npos : text.rfind('\n', before - 1);
  const size_t column = line_end == std::string::npos ? before + 1 : before - line_end;
  return fmt::format("{}:{}", line, column);
}

// The last part of the parser's message, fit for one line: what it met and what it wanted.
std::string describe(const json::exception& error) {
  std::string what = error.what();
  const size_t id_end = what.find("] ");
  if (id_end != std::string::npos) what.erase(0, id_end + 2);
  if (what.rfind("parse error at ", 0) == 0) {
    const size_t colon = what.find(": ");
    if (colon != std::string::npos) what.erase(0, colon + 2);
  }
  for (char& c : what) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return what.size() > 160 ? what.substr(0, 160) + "..." : what;
}

std::string type_and_value(const json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  if (value.is_string()) return "the string " + in_quotes(value.get_ref<const std::string&>());
  return value.dump();
}

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replace}));
    }
  }
  return row[b.size()];
}

}  // namespace

ConfigText read_config_text(const std::string& path) {
  std::error_code ignored;
  const bool folder = std::filesystem::is_directory(path, ignored);
  InputFile file(folder ? (std::filesystem::path(path) / "config.json").string() : path);
  if (file.size() > kMaxBytes) {
    throw InputError(problem_line(file.name(), fmt::format("{} bytes", file.size()),
                                  fmt::format("at most {} bytes", kMaxBytes)));
  }
  return {file.text(file.size(), "the file"), file.name()};
}

json parse_json_object(const std::string& text, const std::string& name) {
  std::vector<std::set<std::string>> open;
  const auto watch = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > kMaxDepth) {
      throw InputError(problem_line(name, fmt::format("nested deeper than {}", kMaxDepth),
                                    fmt::format("at most {} levels", kMaxDepth)));
    }
    if (event == json::parse_event_t::object_start) open.emplace_back();
    if (event == json::parse_event_t::object_end) open.pop_back();
    if (event == json::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!open.back().insert(key).second) {
        throw InputError(problem_line(fmt::format("{}: {}", name, in_quotes(key)),
                                      "the key is given twice", "each key once"));
      }
    }
    return true;
  };
  try {
    json document = json::parse(text, watch);
    if (!document.is_object()) {
      throw InputError(problem_line(name + ":1:1", "not a JSON object", "{ \"key\": value, ... }"));
    }
    return document;
  } catch (const json::parse_error& error) {
    const std::string place = fmt::format("{}:{}", name, line_and_column(text, error.byte));
    throw InputError(problem_line(place, describe(error), "well-formed JSON"));
  } catch (const json::exception& error) {
    throw InputError(problem_line(name, describe(error), "numbers that fit 64 bits"));
  }
}

ConfigReader::ConfigReader(const json& object, std::string place, Problems& problems)
    : object_(&object), place_(std::move(place)), problems_(&problems) {}

bool ConfigReader::has(const std::string& key) const {
  const auto found = object_->find(key);
  return found != object_->end() && !found->is_null();
}

std::int64_t ConfigReader::integer(const std::string& key, std::int64_t low, std::int64_t high,
                                   std::optional<std::int64_t> fallback) {
  const std::string allowed = fmt::format("an integer from {} to {}", low, high);
  const json* value = find(key, !fallback, allowed);
  if (value == nullptr) return fallback.value_or(0);
  const bool fits = value->is_number_unsigned()
                        ? value->get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX)
                        : value->is_number_integer();
  if (fits && value->get<std::int64_t>() >= low && value->get<std::int64_t>() <= high) {
    return value->get<std::int64_t>();
  }
  refuse(key, type_and_value(*value), allowed);
  return fallback.value_or(0);
}

double ConfigReader::number(const std::string& key, double low, double high,
                            std::optional<double> fallback) {
  const std::string allowed = fmt::format("a number from {} to {}", low, high);
  const json* value = find(key, !fallback, allowed);
  if (value == nullptr) return fallback.value_or(0);
  if (value->is_number() && value->get<double>() >= low && value->get<double>() <= high) {
    return value->get<double>();
  }
  refuse(key, type_and_value(*value), allowed);
  return fallback.value_or(0);
}

bool ConfigReader::boolean(const std::string& key, bool fallback) {
  const json* value = find(key, false, "");
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  refuse(key, type_and_value(*value), "true or false");
  return fallback;
}

std::string ConfigReader::text(const std::string& key, const std::string& allowed,
                               std::optional<std::string> fallback) {
  const json* value = find(key, !fallback, allowed);
  if (value == nullptr) return fallback.value_or("");
  if (value->is_string()) return value->get<std::string>();
  refuse(key, type_and_value(*value), allowed);
  return fallback.value_or("");
}

std::vector<std::string> ConfigReader::texts(const std::string& key) {
  const json* value = find(key, false, "");
  std::vector<std::string> result;
  if (value == nullptr || !value->is_array()) return result;
  for (const json& element : *value) {
    if (!element.is_string()) return {};
    result.push_back(element.get<std::string>());
  }
  return result;
}

std::vector<std::int64_t> ConfigReader::integers(const std::string& key, std::int64_t low,
                                                 std::int64_t high) {
  const std::string allowed = fmt::format("a list of integers from {} to {}", low, high);
  const json* value = find(key, true, allowed);
  std::vector<std::int64_t> result;
  if (value == nullptr) return result;
  bool fits = value->is_array();
  for (const json& element : *value) {
    fits = fits && element.is_number_integer() && element >= low && element <= high;
    if (!fits) break;
    result.push_back(element.get<std::int64_t>());
  }
  if (fits) return result;
  refuse(key, "not such a list", allowed);
  return {};
}

std::optional<ConfigReader> ConfigReader::object(const std::string& key) {
  const json* value = find(key, false, "");
  if (value == nullptr) return std::nullopt;
  if (value->is_object()) return ConfigReader(*value, place_ + ": " + key, *problems_);
  refuse(key, type_and_value(*value), "an object or null");
  return std::nullopt;
}

void ConfigReader::refuse(const std::string& key, const std::string& problem,
                          const std::string& allowed) {
  problems_->add(place_ + ": " + key, problem, allowed);
}

void ConfigReader::refuse_other_keys(const std::vector<std::string>& known) {
  for (const auto& [key, value] : object_->items()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    problems_->add(place_ + ": " + in_quotes(key), "unknown key",
                   fmt::format("{}", fmt::join(known, ", ")));
  }
}

const json* ConfigReader::find(const std::string& key, bool required, const std::string& allowed) {
  if (has(key)) return &*object_->find(key);
  if (required) {
    const std::string near = nearest_key(key);
    refuse(key, near.empty() ? "missing" : fmt::format("missing; is {} misspelt?", near), allowed);
  }
  return nullptr;
}

std::string ConfigReader::nearest_key(const std::string& key) const {
  for (const auto& [other, value] : object_->items()) {
    if (other.size() < 64 && edit_distance(key, other) <= 2) return in_quotes(other);
  }
  return "";
}

}  // namespace npu
