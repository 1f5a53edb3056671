#include "runtime/schedule/step.h"

#include "isa/errors.h"

namespace npu {

uint64_t TensorSpec::bytes() const {
  size_t elements = 1;
  for (const int64_t dim : dims) elements *= static_cast<size_t>(dim);
  return bytes_of(type, elements);
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
