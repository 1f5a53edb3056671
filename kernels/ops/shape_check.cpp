#include "kernels/ops/shape_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "isa/errors.h"

namespace npu::detail {

namespace {

std::string names_of(const std::vector<Type>& types) {
  std::string text;
  for (const Type type : types)
    text += fmt::format("{}{}", text.empty() ? "" : " ", type_name(type));
  return text;
}

bool contains(const std::vector<Type>& types, Type type) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace

void ShapeCheck::add(const std::string& problem) {
  problems_ += fmt::format("{}{}: {}", problems_.empty() ? "" : "\n", name_, problem);
}

void ShapeCheck::dimension(std::string_view what, int64_t value) {
  constexpr int64_t kHighest = int64_t{1} << 40;
  if (value < 1 || value > kHighest) {
    add(fmt::format("{} is {}; it must be from 1 to {}", what, value, kHighest));
  }
}

void ShapeCheck::type(std::string_view what, Type type, const std::vector<Type>& allowed) {
  if (!contains(allowed, type)) {
    add(fmt::format("{} is {}; it must be one of {}", what, type_name(type), names_of(allowed)));
  }
}

void ShapeCheck::float_type(std::string_view what, Type t) {
  type(what, t, {Type::kF32, Type::kF16, Type::kBf16});
}

void ShapeCheck::cube_type(std::string_view what, Type type) {
  if (!contains(machine_.cube_types, type)) {
    add(fmt::format("{} is {}, which the cube of machine {} does not multiply; it has {}", what,
                    type_name(type), machine_.machine, names_of(machine_.cube_types)));
  }
}

void ShapeCheck::machine_chips(int64_t chips) {
  if (chips != machine_.chips)
    add(fmt::format("made for {} chips, the machine has {}", chips, machine_.chips));
}

void ShapeCheck::require(bool holds, std::string_view problem) {
  if (!holds) add(std::string(problem));
}

void ShapeCheck::done() const {
  if (!problems_.empty()) throw InputError(problems_);
}

}  // namespace npu::detail
