#include "tests/golden/golden_case.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "isa/numerics/scalar.h"
#include "runtime/files/npy.h"

namespace npu::golden {
namespace {

template <class T>
T element(const Array& array, size_t index) {
  T value{};
  std::memcpy(&value, array.data.data() + index * sizeof(T), sizeof(T));
  return value;
}

double number(const Array& array, size_t index) {
  if (array.dtype == "f8") return element<double>(array, index);
  if (array.dtype == "f4") return double{element<float>(array, index)};
  if (array.dtype == "i4") return element<int32_t>(array, index);
  if (array.dtype == "i8") return static_cast<double>(element<int64_t>(array, index));
  if (array.dtype == "u2") return element<uint16_t>(array, index);
  if (array.dtype == "u1") return element<uint8_t>(array, index);
  throw std::runtime_error("golden vectors of dtype " + array.dtype);
}

// What a storage's codes stand for.
double decoded(const std::string& storage, double stored) {
  const auto code = static_cast<uint32_t>(stored);
  if (storage == "bf16") return decode(Type::kBf16, code);
  if (storage == "e4m3") return decode(Type::kE4m3, code);
  if (storage == "e8m0") return decode(Type::kE8m0, code);
  return stored;
}

}  // namespace

std::string folder() {
  const char* given = std::getenv("NPU_DATA");
  const std::string root = given != nullptr ? given : NPU_SOURCE_DIR "/../shared/data";
  return std::filesystem::exists(root + "/golden/manifest.json") ? root + "/golden/" : "";
}

std::vector<Case> cases() {
  nlohmann::json manifest;
  std::ifstream(folder() + "manifest.json") >> manifest;
  std::vector<Case> list;
  for (const nlohmann::json& entry : manifest.at("cases")) list.emplace_back(entry);
  return list;
}

const nlohmann::json* Case::find(const std::string& name) const {
  for (const char* part : {"inputs", "weights", "outputs"}) {
    if (!entry_.contains(part)) continue;
    for (const nlohmann::json& candidate : entry_.at(part)) {
      if (candidate.at("name") == name) return &candidate;
    }
  }
  return nullptr;
}

const nlohmann::json& Case::tensor(const std::string& name) const {
  const nlohmann::json* found = find(name);
  if (found == nullptr) throw std::runtime_error(this->name() + " has no tensor " + name);
  return *found;
}

std::vector<int64_t> Case::dims(const std::string& name) const {
  const nlohmann::json& entry = tensor(name);
  auto dims = entry.at("shape").get<std::vector<int64_t>>();
  if (entry.at("storage") == "e2m1x2") dims.back() *= 2;
  return dims;
}

Values Case::codes(const std::string& name) const {
  const Array array = read_npy(folder() + std::string(tensor(name).at("file")));
  Values values;
  for (size_t i = 0; i < static_cast<size_t>(element_count(array.shape)); ++i) {
    values.push_back(number(array, i));
  }
  return values;
}

Values Case::values(const std::string& name) const {
  const std::string storage = tensor(name).at("storage");
  Values values;
  for (const double stored : codes(name)) {
    if (storage == "e2m1x2") {
      const auto code = static_cast<uint32_t>(stored);
      values.push_back(decode(Type::kE2m1, code & 15));
      values.push_back(decode(Type::kE2m1, code >> 4));
    } else {
      values.push_back(decoded(storage, stored));
    }
  }
  return values;
}

double Case::tolerance(const std::string& output) const {
  return tensor(output).at("tolerance").at("fp32_abs").get<double>();
}

void Case::expect(const std::string& output, const Values& got) const {
  const nlohmann::json& tolerance = tensor(output).at("tolerance");
  const bool exact = tolerance.contains("exact");
  const Values want = exact ? codes(output) : values(output);
  const double allowed = exact ? 0 : tolerance.at("fp32_abs").get<double>();
  INFO(name() << ": " << output << ", allowed " << allowed);
  REQUIRE(got.size() == want.size());
  size_t worst = 0;
  const auto off = [&](size_t i) {
    if (std::isnan(got[i]) != std::isnan(want[i])) return HUGE_VAL;
    return got[i] == want[i] || std::isnan(got[i]) ? 0.0 : std::abs(got[i] - want[i]);
  };
  for (size_t i = 0; i < want.size(); ++i) {
    if (off(i) > off(worst)) worst = i;
  }
  INFO("worst at element " << worst << ": got " << got[worst] << ", want " << want[worst]);
  CHECK(off(worst) <= allowed);
}

void Case::expect_sets(const std::string& output, const Values& got) const {
  const Values want = codes(output);
  const auto width = static_cast<std::ptrdiff_t>(dims(output).back());
  INFO(name() << ": " << output << ", as sets");
  REQUIRE(got.size() == want.size());
  for (auto row = std::ptrdiff_t{0}; row < static_cast<std::ptrdiff_t>(want.size()); row += width) {
    Values a(got.begin() + row, got.begin() + row + width);
    Values b(want.begin() + row, want.begin() + row + width);
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    CHECK(a == b);
  }
}

void Case::expect_rms(const std::string& output, const Values& got) const {
  expect_rms_of(output, got, values(output));
}

void Case::expect_rms_of(const std::string& output, const Values& got, const Values& want) const {
  const double allowed = tensor(output).at("tolerance").at("rel_rms");
  INFO(name() << ": " << output << ", allowed " << allowed);
  REQUIRE(got.size() == want.size());
  double difference = 0, total = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    difference += (got[i] - want[i]) * (got[i] - want[i]);
    total += want[i] * want[i];
  }
  CHECK(std::sqrt(difference / total) <= allowed);
}

}  // namespace npu::golden
