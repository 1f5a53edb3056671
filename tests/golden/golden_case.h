// One case of the golden vectors: inputs, and outputs of an independent implementation with the
// tolerance that its manifest states.
//
// The vectors are not part of the project: they are read from $NPU_DATA/golden, or from the data
// folder beside the checkout, and tests that need them are skipped where neither exists.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace npu::golden {

using Values = std::vector<double>;

// The folder with manifest.json, ending in '/'; empty where there is none.
std::string folder();

class Case {
 public:
  explicit Case(const nlohmann::json& entry) : entry_(entry) {}

  std::string operator_name() const { return entry_.at("operator"); }
  std::string name() const { return operator_name() + "/" + std::string(entry_.at("case")); }

  const nlohmann::json& parameters() const { return entry_.at("parameters"); }
  int64_t integer(const char* key) const { return parameters().at(key).get<int64_t>(); }
  double real(const char* key) const { return parameters().at(key).get<double>(); }
  bool flag(const char* key) const { return parameters().at(key).get<bool>(); }
  std::string text(const char* key) const { return parameters().at(key); }

  bool has(const std::string& tensor) const { return find(tensor) != nullptr; }
  // Extents of an input, weight or output; of packed 4-bit values those of the elements.
  std::vector<int64_t> dims(const std::string& tensor) const;
  int64_t dim(const std::string& tensor, size_t axis) const { return dims(tensor).at(axis); }
  // Every element, decoded.
  Values values(const std::string& tensor) const;
  // The codes themselves, as stored.
  Values codes(const std::string& tensor) const;

  // The largest absolute difference of an output to float32 results that the manifest allows.
  double tolerance(const std::string& output) const;

  // Checks `got` against an output, with Catch2, to the tolerance of float32 results or exactly, as
  // the manifest says for it.
  void expect(const std::string& output, const Values& got) const;
  // The same for rows of chosen numbers whose order does not matter.
  void expect_sets(const std::string& output, const Values& got) const;
  // The root of the mean square of the difference, relative to that of the output, within its
  // rel_rms.
  void expect_rms(const std::string& output, const Values& got) const;
  // The same for the part `want` of an output.
  void expect_rms_of(const std::string& output, const Values& got, const Values& want) const;

 private:
  const nlohmann::json* find(const std::string& tensor) const;
  const nlohmann::json& tensor(const std::string& name) const;

  nlohmann::json entry_;
};

// All cases of the manifest, in its order.
std::vector<Case> cases();

}  // namespace npu::golden
