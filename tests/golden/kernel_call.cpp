#include "tests/golden/kernel_call.h"

#include <catch2/catch.hpp>

namespace npu::golden {

KernelCall::KernelCall(KernelBench& bench, std::string_view kernel, const std::string& options)
    : bench_(bench),
      operator_(find_operator(kernel)),
      options_(operator_.name, operator_.options, options_from(options)),
      arguments_(operator_.arguments(options_, 1, Contents::kAll)) {}

OperatorArgument& KernelCall::argument(std::string_view name) {
  for (OperatorArgument& candidate : arguments_) {
    if (candidate.name == name) return candidate;
  }
  FAIL(operator_.name << " has no argument " << name);
  return arguments_.front();
}

KernelCall& KernelCall::with(std::string_view name, const Values& values) {
  OperatorArgument& given = argument(name);
  INFO(operator_.name << ": " << name);
  if (given.kind == Parameter::Kind::kInt) {
    REQUIRE(values.size() == 1);
    given.value = static_cast<int64_t>(values[0]);
    return *this;
  }
  REQUIRE(static_cast<size_t>(given.tensor.count()) == values.size());
  given.tensor = tensor_from(given.tensor.type, given.tensor.dims, values);
  return *this;
}

KernelCall& KernelCall::run() {
  const RunResult result = bench_.launch(operator_.program(bench_.limits(), options_), arguments_);
  INFO(operator_.name << ": " << (result.fault ? result.fault->text() : ""));
  REQUIRE_FALSE(result.fault);
  for (const Hazard& hazard : result.check.hazards) FAIL_CHECK(hazard.text());
  return *this;
}

Values KernelCall::output(std::string_view name) const {
  for (const OperatorArgument& candidate : arguments_) {
    if (candidate.name == name && candidate.output) return values_of(candidate.tensor);
  }
  FAIL(operator_.name << " has no output " << name);
  return {};
}

Values KernelCall::stored(std::string_view name) const {
  for (const OperatorArgument& candidate : arguments_) {
    if (candidate.name != name || !candidate.output) continue;
    Values bytes;
    for (const std::byte b : candidate.tensor.bytes) bytes.push_back(static_cast<double>(b));
    return bytes;
  }
  FAIL(operator_.name << " has no output " << name);
  return {};
}

}  // namespace npu::golden
