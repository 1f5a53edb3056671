#include "runtime/performance/performance_case.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <set>

#include "runtime/files/problems.h"

namespace npu {

namespace {

struct BoundName {
  const char* key;
  const char* text;
};
constexpr std::array<BoundName, kBounds> kBoundNames = {{{"cube_busy", "busy cube"},
                                                         {"cube_peak", "cube peak"},
                                                         {"roofline", "own roofline"},
                                                         {"hbm", "achievable HBM"},
                                                         {"dense", "dense rate"}}};

constexpr const char* kRowKeys = "name machine kernel with shares dense slow";
constexpr const char* kShareKeys = "cube_busy cube_peak roofline hbm dense, each a percentage or ~";

class CaseReader {
 public:
  explicit CaseReader(std::string file) : file_(std::move(file)) {}

  std::vector<PerformanceCase> read() {
    std::vector<PerformanceCase> cases;
    try {
      const YAML::Node root = YAML::LoadFile(file_);
      for (const auto& entry : root) {
        const auto key = entry.first.as<std::string>();
        if (key != "rows")
          problems_.add(place(entry.first), in_quotes(key) + ": unknown key", "rows");
      }
      for (const YAML::Node& row : root["rows"]) cases.push_back(read_case(row));
    } catch (const YAML::Exception& error) {
      problems_.add(fmt::format("{}:{}", file_, error.mark.line + 1), error.msg, "YAML");
    }
    problems_.throw_if_any();
    return cases;
  }

 private:
  std::string place(const YAML::Node& node) const {
    return fmt::format("{}:{}", file_, node.Mark().line + 1);
  }

  static std::vector<OptionText> options(const YAML::Node& node) {
    std::vector<OptionText> all;
    for (const auto& entry : node)
      all.emplace_back(entry.first.as<std::string>(), entry.second.as<std::string>());
    return all;
  }

  PerformanceCase read_case(const YAML::Node& row) {
    PerformanceCase result;
    for (const auto& entry : row) {
      const auto key = entry.first.as<std::string>();
      if (key == "name") {
        result.name = entry.second.as<std::string>();
      } else if (key == "machine") {
        result.machine = entry.second.as<std::string>();
      } else if (key == "kernel") {
        result.call.kernel = entry.second.as<std::string>();
      } else if (key == "with") {
        result.call.options = options(entry.second);
      } else if (key == "shares") {
        result.shares = shares(entry.second);
      } else if (key == "dense") {
        result.dense = KernelCall{"matmul", options(entry.second)};
      } else if (key == "slow") {
        result.slow = entry.second.as<bool>();
      } else {
        problems_.add(place(entry.first), in_quotes(key) + ": unknown key", kRowKeys);
      }
    }
    check(row, result);
    return result;
  }

  std::vector<BoundShare> shares(const YAML::Node& node) {
    std::vector<BoundShare> all;
    for (const auto& entry : node) {
      const auto key = entry.first.as<std::string>();
      const auto found = std::find_if(kBoundNames.begin(), kBoundNames.end(),
                                      [&](const BoundName& bound) { return key == bound.key; });
      if (found == kBoundNames.end()) {
        problems_.add(place(entry.first), in_quotes(key) + ": unknown bound", kShareKeys);
        continue;
      }
      BoundShare share{static_cast<Bound>(found - kBoundNames.begin()), std::nullopt};
      if (!entry.second.IsNull()) share.target = entry.second.as<double>();
      all.push_back(share);
    }
    return all;
  }

  void check(const YAML::Node& row, const PerformanceCase& c) {
    if (c.name.empty() || c.machine.empty() || c.call.kernel.empty() || c.shares.empty())
      problems_.add(place(row), "a row needs name, machine, kernel and shares", kRowKeys);
    const bool dense = std::any_of(c.shares.begin(), c.shares.end(), [](const BoundShare& share) {
      return share.bound == Bound::kDense;
    });
    if (dense != c.dense.has_value())
      problems_.add(place(row), "a share of the dense rate and its product go together",
                    "both or none of shares: {dense} and dense: {m, n, k}");
    if (!names_.insert(c.machine + " " + c.name).second)
      problems_.add(place(row), in_quotes(c.name) + ": twice for one machine", "a name a row");
  }

  std::string file_;
  std::set<std::string> names_;
  Problems problems_;
};

}  // namespace

const char* bound_key(Bound bound) { return kBoundNames[static_cast<size_t>(bound)].key; }
const char* bound_text(Bound bound) { return kBoundNames[static_cast<size_t>(bound)].text; }

std::vector<PerformanceCase> read_performance_cases(const std::string& file) {
  return CaseReader(file).read();
}

}  // namespace npu
