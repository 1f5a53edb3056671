#include <fmt/format.h>

#include "sim/config/machine.h"

namespace npu {
namespace {

// A word that YAML would take for something else is quoted.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

class Dumper final : public FieldVisitor {
 public:
  explicit Dumper(const std::map<std::string, std::string>& sources) : sources_(sources) {}

  using FieldVisitor::field;
  void field(const char* name, int64_t& value, FieldRange range, const char* doc) override {
    line(name, std::to_string(value), fmt::format("{} [{:g} to {:g}]", doc, range.low, range.high));
  }
  void field(const char* name, double& value, FieldRange range, const char* doc) override {
    line(name, fmt::format("{}", value),
         fmt::format("{} [{:g} to {:g}]", doc, range.low, range.high));
  }
  void field(const char* name, bool& value, const char* doc) override {
    line(name, value ? "true" : "false", doc);
  }
  void field(const char* name, std::string& value, const char* doc) override {
    line(name, quoted(value), doc);
  }
  void field(const char* name, TypeTable& value, FieldRange, const char* doc) override {
    std::string items;
    for (int i = 0; i < kTypeCount; ++i) {
      const int number = value[static_cast<size_t>(i)];
      if (number == 0) continue;
      items += fmt::format("{}{}: {}", items.empty() ? "" : ", ", type_name(static_cast<Type>(i)),
                           number);
    }
    line(name, "{" + items + "}", doc);
  }
  void field(const char* name, TypeList& value, const char* doc) override {
    std::string items;
    for (const Type type : value)
      items += (items.empty() ? "" : ", ") + std::string(type_name(type));
    line(name, "[" + items + "]", doc);
  }
  std::string take() { return std::move(text_); }

 protected:
  void enter(const char* name, const char* doc) override {
    text_ += fmt::format("{}{}:  # {}{}\n", std::string(indent_, ' '), name, doc, source(name));
    prefix_.push_back(prefix_.empty() ? std::string(name) + "." : prefix_.back() + name + ".");
    indent_ += 2;
  }
  void leave() override {
    prefix_.pop_back();
    indent_ -= 2;
  }

 private:
  std::string source(const char* name) const {
    const auto found = sources_.find((prefix_.empty() ? "" : prefix_.back()) + name);
    return found == sources_.end() ? "" : "; source: " + found->second;
  }
  void line(const char* name, const std::string& value, const std::string& doc) {
    text_ += fmt::format("{}{}: {}  # {}{}\n", std::string(indent_, ' '), name, value, doc,
                         source(name));
  }

  const std::map<std::string, std::string>& sources_;
  std::string text_;
  size_t indent_ = 0;
  std::vector<std::string> prefix_;
};

}  // namespace

std::string dump_machine(const MachineConfig& machine) {
  Dumper dumper(machine.sources);
  MachineConfig copy = machine;
  copy.visit(dumper);
  return "# " + machine.name + "\n" + dumper.take();
}

}  // namespace npu
