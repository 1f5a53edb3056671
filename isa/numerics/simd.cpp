#include "isa/numerics/simd.h"

#include <atomic>

#include "isa/errors.h"

namespace npu {
namespace {

Simd detect() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi2");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  if (avx512) return Simd::kAvx512;
  if (avx2) return Simd::kAvx2;
#endif
  return Simd::kScalar;
}

std::atomic<Simd>& level_in_use() {
  static std::atomic<Simd> level{best_simd()};
  return level;
}

}  // namespace

Simd best_simd() {
  static const Simd best = detect();
  return best;
}

Simd simd() { return level_in_use().load(std::memory_order_relaxed); }

void set_simd(Simd level) {
  NPU_ASSERT(level <= best_simd());
  level_in_use().store(level, std::memory_order_relaxed);
}

}  // namespace npu
