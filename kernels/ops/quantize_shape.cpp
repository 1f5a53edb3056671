#include "kernels/ops/quantize.h"

namespace npu {

double QuantizeShape::largest() const {
  switch (code) {
    case Type::kE4m3:
      return 448;
    case Type::kE5m2:
      return 57344;
    case Type::kE2m1:
      return 6;
    default:
      return 127;
  }
}

// What the published quantisers use for fp8; elsewhere the smallest for which the scale is normal.
double QuantizeShape::floor() const {
  return code == Type::kE4m3 ? double{1e-4F} : largest() * 0x1p-126;
}

}  // namespace npu
