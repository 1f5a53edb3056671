#include "isa/numerics/mma_kernels.h"

#if NPU_X86
#include <immintrin.h>

#include <algorithm>
#include <utility>

namespace npu::detail {
namespace {

// 6 rows x 2 half panels are 12 accumulators; with 2 vectors of B and a broadcast of A, 15 of 16
// registers.
constexpr int kMaxRows = 6;
constexpr int kHalf = kPanel / 2;

struct F32 {
  using Vector = __m256;
  static NPU_AVX2 NPU_INLINE Vector zero() { return _mm256_setzero_ps(); }
  static NPU_AVX2 NPU_INLINE Vector load(const uint32_t* units) {
    return _mm256_castsi256_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(units)));
  }
  static NPU_AVX2 NPU_INLINE Vector broadcast(const uint32_t* unit) {
    return _mm256_castsi256_ps(_mm256_set1_epi32(static_cast<int>(*unit)));
  }
  static NPU_AVX2 NPU_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
    return _mm256_fmadd_ps(a, b, c);
  }
  static NPU_AVX2 NPU_INLINE void store(uint32_t* units, Vector x) {
    const __m256 nan = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fc00000));
    const __m256 chosen = _mm256_blendv_ps(x, nan, _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(units), _mm256_castps_si256(chosen));
  }
};

struct I16x2 {
  using Vector = __m256i;
  static NPU_AVX2 NPU_INLINE Vector zero() { return _mm256_setzero_si256(); }
  static NPU_AVX2 NPU_INLINE Vector load(const uint32_t* units) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(units));
  }
  static NPU_AVX2 NPU_INLINE Vector broadcast(const uint32_t* unit) {
    return _mm256_set1_epi32(static_cast<int>(*unit));
  }
  static NPU_AVX2 NPU_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
    return _mm256_add_epi32(c, _mm256_madd_epi16(a, b));
  }
  static NPU_AVX2 NPU_INLINE void store(uint32_t* units, Vector x) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(units), x);
  }
};

template <class Op, int rows>
NPU_AVX2 void block(const Strip& strip, const uint32_t* b, uint32_t* c) {
  typename Op::Vector sum[rows][2];
  NPU_UNROLL
  for (int r = 0; r < rows; ++r) {
    NPU_UNROLL
    for (int h = 0; h < 2; ++h) {
      sum[r][h] = strip.accumulate ? Op::load(c + r * kPanel + h * kHalf) : Op::zero();
    }
  }
  const uint32_t* panel_of_a = strip.a;
  for (int k = 0; k < strip.k; k += kPanel) {
    const uint32_t* a = panel_of_a;
    const uint32_t* end = a + std::min(kPanel, strip.k - k);
    for (; a != end; ++a) {
      const typename Op::Vector low = Op::load(b);
      const typename Op::Vector high = Op::load(b + kHalf);
      NPU_UNROLL
      for (int r = 0; r < rows; ++r) {
        const typename Op::Vector factor = Op::broadcast(a + r * kPanel);
        sum[r][0] = Op::multiply_add(factor, low, sum[r][0]);
        sum[r][1] = Op::multiply_add(factor, high, sum[r][1]);
      }
      b += kPanel;
    }
    panel_of_a += strip.a_panel_stride;
  }
  NPU_UNROLL
  for (int r = 0; r < rows; ++r) {
    NPU_UNROLL
    for (int h = 0; h < 2; ++h) Op::store(c + r * kPanel + h * kHalf, sum[r][h]);
  }
}

template <class Op, int... rows>
void choose(const Strip& strip, std::integer_sequence<int, rows...>) {
  static constexpr void (*kBlocks[])(const Strip&, const uint32_t*,
                                     uint32_t*) = {block<Op, rows + 1>...};
  for (int p = 0; p < strip.panels; ++p) kBlocks[strip.rows - 1](strip, strip.b[p], strip.c[p]);
}

template <class Op>
void run(const Strip& strip) {
  choose<Op>(strip, std::make_integer_sequence<int, kMaxRows>());
}

}  // namespace

const Kernel& avx2_kernel() {
  static const Kernel kernel{kMaxRows, run<F32>, run<I16x2>};
  return kernel;
}

}  // namespace npu::detail
#endif
