#include "runtime/schedule/program_cache.h"

#include <algorithm>

namespace npu {

namespace {

bool is_launch_option(const Operator& kernel, const std::string& name) {
  const auto it = std::find_if(kernel.options.begin(), kernel.options.end(),
                               [&](const OptionSpec& o) { return o.name == name; });
  return it != kernel.options.end() && it->launch;
}

}  // namespace

std::string kernel_text(const Operator& kernel, const std::vector<OptionText>& options,
                        bool launch) {
  std::string text(kernel.name);
  for (const auto& [name, value] : options) {
    if (launch || !is_launch_option(kernel, name)) text += " " + name + "=" + value;
  }
  return text;
}

std::shared_ptr<const Program> ProgramCache::get(const Operator& kernel,
                                                 const std::vector<OptionText>& options) {
  std::shared_ptr<const Program>& program = programs_[kernel_text(kernel, options, false)];
  if (!program) {
    const Options parsed(kernel.name, kernel.options, options);
    program = std::make_shared<const Program>(kernel.program(limits_, parsed));
  }
  return program;
}

}  // namespace npu
