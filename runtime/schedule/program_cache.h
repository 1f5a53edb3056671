// Programs by what they were built from, so that a kernel is lowered once however often it is
// launched.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "isa/limits/limits.h"
#include "isa/program/program.h"
#include "kernels/ops/catalog.h"

namespace npu {

// A kernel with its shape, as one text: "matmul m=1 n=4096 k=4096 dtype=f16". With `launch` false
// it leaves out the options that are arguments of the launch and do not change the program.
std::string kernel_text(const Operator& kernel, const std::vector<OptionText>& options,
                        bool launch = true);

class ProgramCache {
 public:
  explicit ProgramCache(const Limits& limits) : limits_(limits) {}

  // The kernel for this machine and shape. Throws InputError where there is none.
  std::shared_ptr<const Program> get(const Operator& kernel,
                                     const std::vector<OptionText>& options);

 private:
  const Limits& limits_;
  std::map<std::string, std::shared_ptr<const Program>> programs_;
};

}  // namespace npu
