// Loops compiled once for every vector extension and chosen at run time; the compiler vectorises
// them, the source is one. An Op is a value with `Source`, `Target` and an NPU_INLINE call operator
// without branches; the same operator called on one element is the definition. Private to numerics.
#pragma once

#include <cstddef>
#include <cstring>

#include "isa/numerics/simd.h"

#define NPU_INLINE inline __attribute__((always_inline))

#if defined(__x86_64__)
#define NPU_X86 1
#define NPU_AVX2 __attribute__((target("avx2,fma,f16c,bmi,bmi2")))
#define NPU_AVX512 \
  __attribute__((target("avx2,fma,f16c,bmi,bmi2,avx512f,avx512bw,avx512dq,avx512vl")))
#else
#define NPU_X86 0
#endif

// Iterations are independent: source and target are either apart or the same elements.
#if defined(__clang__)
#define NPU_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#define NPU_UNROLL _Pragma("clang loop unroll(full)")
#else
#define NPU_INDEPENDENT _Pragma("GCC ivdep")
#define NPU_UNROLL _Pragma("GCC unroll 32")
#endif

namespace npu::detail {

// loop() with the instructions of the extension in use. Loop is a functor with an NPU_INLINE call
// operator.
template <class Loop>
auto run_scalar(const Loop& loop) {
  return loop();
}

#if NPU_X86
template <class Loop>
NPU_AVX2 auto run_avx2(const Loop& loop) {
  return loop();
}

template <class Loop>
NPU_AVX512 auto run_avx512(const Loop& loop) {
  return loop();
}
#endif

template <class Loop>
auto dispatch(const Loop& loop) {
#if NPU_X86
  if (simd() == Simd::kAvx512) return run_avx512(loop);
  if (simd() == Simd::kAvx2) return run_avx2(loop);
#endif
  return run_scalar(loop);
}

template <class Op>
struct MapLoop {
  Op op;
  const void* source;
  void* target;
  size_t count;

  NPU_INLINE void operator()() const {
    const auto* in = static_cast<const std::byte*>(source);
    auto* out = static_cast<std::byte*>(target);
    const Op f = op;
    const size_t n = count;
    NPU_INDEPENDENT
    for (size_t i = 0; i < n; ++i) {
      typename Op::Source x;
      std::memcpy(&x, in + i * sizeof x, sizeof x);
      const typename Op::Target y = f(x);
      std::memcpy(out + i * sizeof y, &y, sizeof y);
    }
  }
};

// target[i] = op(source[i]) for i < count, on any alignment; the arrays are disjoint or start at
// the same address with elements of one size.
template <class Op>
void map(const Op& op, const void* source, void* target, size_t count) {
  dispatch(MapLoop<Op>{op, source, target, count});
}

}  // namespace npu::detail
