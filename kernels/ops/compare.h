// Judges an operator's output against its reference, element by element.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "kernels/ops/host_tensor.h"

namespace npu {

struct CheckResult {
  bool passed = false;
  int64_t elements = 0;
  int64_t failures = 0;           // elements beyond their bound, NaN and infinity included
  int64_t worst = -1;             // flat index of the largest error over bound; -1: no elements
  std::vector<int64_t> worst_at;  // the same as one index a dimension
  double got = 0, want = 0;       // there
  double error = 0, bound = 0;
  double ratio = 0;  // error / bound there; infinity where the bound is 0 or a value is not finite
  std::string reason;  // why it failed without an element beyond its bound, or empty

  // "pass: 1000 elements, largest error 0.31 of its bound at [3, 7] (got 1.5, want 1.5000001)".
  std::string text() const;
};

// `want` and `bound` have one entry an element of `got`. Passes when every element is finite and
// within its bound. A NaN never passes, nor does a reference that is not finite. Bounds so wide
// that zeros would pass for a reference that is not zero prove nothing, and fail with that reason,
// as does a tensor without elements.
CheckResult compare(const HostTensor& got, std::span<const double> want,
                    std::span<const double> bound);

}  // namespace npu
