// A kernel of the catalog on given inputs instead of generated ones.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tests/golden/golden_case.h"
#include "tests/kernels/kernel_bench.h"

namespace npu::golden {

class KernelCall {
 public:
  // options: "tokens=3 dim=64"; what it leaves out is the operator's default.
  KernelCall(KernelBench& bench, std::string_view kernel, const std::string& options);

  // Gives an argument its elements, as many as its shape has, or its number.
  KernelCall& with(std::string_view argument, const Values& values);

  // Runs the kernel; a fault, or a hazard where the bench checks, fails the test.
  KernelCall& run();

  // An output's elements after the run.
  Values output(std::string_view argument) const;
  // Its bytes, each as a number: codes and scales as they lie.
  Values stored(std::string_view argument) const;

 private:
  OperatorArgument& argument(std::string_view name);

  KernelBench& bench_;
  const Operator& operator_;
  Options options_;
  std::vector<OperatorArgument> arguments_;
};

}  // namespace npu::golden
