#include "runtime/schedule/step.h"

#include "isa/errors.h"

namespace npu {

uint64_t TensorSpec::bytes() const {
  uint64_t total = static_cast<uint64_t>(bytes_of(type));
  for (const int64_t dim : dims) total *= static_cast<uint64_t>(dim);
  return total;
}

uint64_t TensorSpec::row_bytes() const {
  return dims.empty() ? 0 : bytes() / static_cast<uint64_t>(dims[0]);
}

size_t Step::tensor(const std::string& name) const {
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (tensors[i].name == name) return i;
  }
  throw InternalError("the step has no tensor " + name);
}

}  // namespace npu
