#include "kernels/kit/ring.h"

#include "kernels/kit/recorder.h"

namespace npu {

Ring& Ring::handover() {
  kit::RingInfo& ring = recorder_->rings[static_cast<size_t>(index_)];
  if (ring.mem != Mem::kL0C || ring.depth != 1) {
    recorder_->fail(ring.where, "ring " + ring.name + ": handover is for a ring in L0C of depth 1");
  }
  ring.handover = true;
  return *this;
}

Operand::Operand(const Src& src) : value_(0.0) {
  if (const Tile* tile = std::get_if<Tile>(&src.value())) {
    value_ = *tile;
  } else {
    value_ = std::get<Lease>(src.value());
  }
}

Operand::Operand(const Scalar& value) : value_(0.0) {
  if (value.is_float()) {
    value_ = F32(value);
  } else {
    value_ = Int(value);
  }
}

}  // namespace npu
