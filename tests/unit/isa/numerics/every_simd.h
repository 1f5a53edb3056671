// Runs a check once for every vector extension of this host.
#pragma once

#include "isa/numerics/simd.h"

namespace npu {

template <class Check>
void for_every_simd(const Check& check) {
  struct Restore {
    ~Restore() { set_simd(best_simd()); }
  } restore;
  for (Simd level : {Simd::kScalar, Simd::kAvx2, Simd::kAvx512}) {
    if (level > best_simd()) break;
    set_simd(level);
    check(level);
  }
}

}  // namespace npu
