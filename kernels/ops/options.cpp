#include "kernels/ops/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "isa/errors.h"

namespace npu {

namespace {

// Insertions, deletions and substitutions between two names.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// Names beside those of assembly text; the first of a type is the one that options are documented
// with.
constexpr std::pair<std::string_view, Type> kAliases[] = {
    {"fp32", Type::kF32},    {"float32", Type::kF32}, {"fp16", Type::kF16},
    {"float16", Type::kF16}, {"bf16", Type::kBf16},   {"bfloat16", Type::kBf16},
    {"int8", Type::kI8},     {"int32", Type::kI32},   {"int4", Type::kI4},
};

std::optional<Type> find_type(std::string_view text) {
  for (const auto& [alias, type] : kAliases) {
    if (text == alias) return type;
  }
  return type_from_name(text);
}

std::string_view long_name(Type type) {
  for (const auto& [alias, each] : kAliases) {
    if (each == type) return alias;
  }
  return type_name(type);
}

std::string unknown_option(std::string_view owner, const std::vector<OptionSpec>& specs,
                           const std::string& name) {
  std::string allowed;
  std::string_view nearest;
  size_t best = 3;
  for (const OptionSpec& spec : specs) {
    allowed += fmt::format("{}--{}", allowed.empty() ? "" : " ", spec.name);
    const size_t d = distance(name, spec.name);
    if (d < best) {
      best = d;
      nearest = spec.name;
    }
  }
  const std::string hint = nearest.empty() ? "" : fmt::format("; did you mean --{}?", nearest);
  return fmt::format("{}: --{}: unknown option{} It takes {}", owner, name,
                     hint.empty() ? "." : hint, allowed);
}

}  // namespace

Options::Options(std::string_view owner, const std::vector<OptionSpec>& specs,
                 const std::vector<OptionText>& given)
    : owner_(owner) {
  for (const OptionSpec& spec : specs) values_.emplace(spec.name, spec.fallback);
  std::string problems;
  std::vector<std::string> seen;
  for (const auto& [name, value] : given) {
    const auto at = values_.find(name);
    std::string problem;
    if (at == values_.end()) {
      problem = unknown_option(owner_, specs, name);
    } else if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      problem = fmt::format("{}: --{}: given twice", owner_, name);
    } else {
      at->second = value;
      seen.push_back(name);
    }
    if (!problem.empty()) problems += (problems.empty() ? "" : "\n") + problem;
  }
  if (!problems.empty()) throw InputError(problems);
}

const std::string& Options::text(std::string_view name) const {
  const auto at = values_.find(name);
  NPU_ASSERT(at != values_.end());
  return at->second;
}

int64_t Options::count(std::string_view name, int64_t lowest) const {
  constexpr int64_t kHighest = int64_t{1} << 40;
  const std::string& given = text(name);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), value);
  if (error != std::errc{} || end != given.data() + given.size() || value < lowest ||
      value > kHighest) {
    throw InputError(fmt::format("{}: --{} '{}': must be a whole number from {} to {}", owner_,
                                 name, given, lowest, kHighest));
  }
  return value;
}

double Options::number(std::string_view name) const {
  const std::string& given = text(name);
  char* end = nullptr;
  const double value = std::strtod(given.c_str(), &end);
  if (given.empty() || *end != '\0' || !std::isfinite(value)) {
    throw InputError(fmt::format("{}: --{} '{}': must be a finite number", owner_, name, given));
  }
  return value;
}

bool Options::flag(std::string_view name) const {
  const std::string& given = text(name);
  if (given == "true" || given == "1" || given == "yes") return true;
  if (given == "false" || given == "0" || given == "no") return false;
  throw InputError(fmt::format("{}: --{} '{}': must be true or false", owner_, name, given));
}

Type Options::type(std::string_view name, std::initializer_list<Type> allowed) const {
  const std::optional<Type> type = find_type(text(name));
  if (type && std::find(allowed.begin(), allowed.end(), *type) != allowed.end()) return *type;
  std::string names;
  for (const Type each : allowed) names += fmt::format(" {}", long_name(each));
  throw InputError(fmt::format("{}: --{} '{}': must be one of{}", owner_, name, text(name), names));
}

Type Options::float_type(std::string_view name) const {
  return type(name, {Type::kF32, Type::kF16, Type::kBf16});
}

int64_t Options::count_or_needed(std::string_view name, int64_t needed) const {
  const int64_t given = count(name, 0);
  if (given == 0) return needed;
  if (given >= needed) return given;
  throw InputError(fmt::format("{}: --{} '{}': must be at least {}, or 0, which means that many",
                               owner_, name, given, needed));
}

Type parse_type(std::string_view text) {
  if (const std::optional<Type> type = find_type(text)) return *type;
  throw InputError(
      fmt::format("unknown type '{}'; types are fp32 tf32 fp16 bf16 int8 int32", text));
}

}  // namespace npu
