// Typed, range-checked access to one JSON object. A missing or wrong key is added to the problems
// of the file, and reading goes on, so that all of them are reported together.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runtime/files/problems.h"

namespace npu {

struct ConfigText {
  std::string text, name;
};

// A config.json of at most 1 MiB, by its own path or that of its folder. Throws InputError.
ConfigText read_config_text(const std::string& path);

// Parses the text of a JSON file whose top is an object. Throws InputError with line and column for
// bad syntax, and for nesting deeper than 64 or a key given twice.
nlohmann::json parse_json_object(const std::string& text, const std::string& name);

class ConfigReader {
 public:
  // `place` begins every problem's place: the file, or file and key of a nested object.
  ConfigReader(const nlohmann::json& object, std::string place, Problems& problems);

  // True if the key is there and not null.
  bool has(const std::string& key) const;

  // The value of a key. Absent: `fallback`, or a problem if there is none. After a problem the
  // result is `fallback`, 0, false or "".
  std::int64_t integer(const std::string& key, std::int64_t low, std::int64_t high,
                       std::optional<std::int64_t> fallback = std::nullopt);
  double number(const std::string& key, double low, double high,
                std::optional<double> fallback = std::nullopt);
  bool boolean(const std::string& key, bool fallback);
  std::string text(const std::string& key, const std::string& allowed,
                   std::optional<std::string> fallback = std::nullopt);
  // A list of strings; empty if absent or of another type.
  std::vector<std::string> texts(const std::string& key);
  // A list of integers, which must be there; empty after a problem.
  std::vector<std::int64_t> integers(const std::string& key, std::int64_t low, std::int64_t high);
  // The object under a key, with its place; nullopt if absent, and after the problem of another
  // type.
  std::optional<ConfigReader> object(const std::string& key);

  // Adds a problem at a key.
  void refuse(const std::string& key, const std::string& problem, const std::string& allowed);
  // Refuses every key of the object that is not in the list, naming a near miss.
  void refuse_other_keys(const std::vector<std::string>& known);

 private:
  const nlohmann::json* find(const std::string& key, bool required, const std::string& allowed);
  std::string nearest_key(const std::string& key) const;

  const nlohmann::json* object_;
  std::string place_;
  Problems* problems_;
};

}  // namespace npu
