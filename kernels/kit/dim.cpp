#include "kernels/kit/dim.h"

#include "isa/errors.h"
#include "kernels/kit/recorder.h"

namespace npu {

void Dim::clip(const Int& left) const {
  const kit::DimInfo& info = recorder_->dims[static_cast<size_t>(index_)];
  if (info.shared >= 0) {
    throw InputError("kernel " + recorder_->name + ": " + info.name +
                     " is a share; clip the Dim it was made from");
  }
  recorder_->assign(info.cell, max(0, min(info.capacity, left)).expr());
}

Int Dim::value() const { return recorder_->dim_value(index_); }

int64_t Dim::capacity() const { return recorder_->dims[static_cast<size_t>(index_)].capacity; }

const std::string& Dim::name() const { return recorder_->dims[static_cast<size_t>(index_)].name; }

Extent::Extent(const Int& value) : capacity_(0) {
  if (!value.known()) {
    throw InputError("a shape of local memory needs numbers known at build time or Dims");
  }
  capacity_ = *value.known();
}

}  // namespace npu
