#include "isa/numerics/mma_kernels.h"

#if NPU_X86
#include <immintrin.h>

#include <algorithm>
#include <utility>

namespace npu::detail {
namespace {

// 14 rows x 2 panels are 28 accumulators; with 2 vectors of B and a broadcast of A that is all 32
// registers.
constexpr int kMaxRows = 14;

struct F32 {
  using Vector = __m512;
  static NPU_AVX512 NPU_INLINE Vector zero() { return _mm512_setzero_ps(); }
  static NPU_AVX512 NPU_INLINE Vector load(const uint32_t* units) { return _mm512_loadu_ps(units); }
  static NPU_AVX512 NPU_INLINE Vector broadcast(const uint32_t* unit) {
    return _mm512_castsi512_ps(_mm512_set1_epi32(static_cast<int>(*unit)));
  }
  static NPU_AVX512 NPU_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
    return _mm512_fmadd_ps(a, b, c);
  }
  static NPU_AVX512 NPU_INLINE void store(uint32_t* units, Vector x) {
    const __m512 nan = _mm512_castsi512_ps(_mm512_set1_epi32(0x7fc00000));
    const __mmask16 unordered = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
    _mm512_storeu_ps(units, _mm512_mask_mov_ps(x, unordered, nan));
  }
};

struct I16x2 {
  using Vector = __m512i;
  static NPU_AVX512 NPU_INLINE Vector zero() { return _mm512_setzero_si512(); }
  static NPU_AVX512 NPU_INLINE Vector load(const uint32_t* units) {
    return _mm512_loadu_si512(units);
  }
  static NPU_AVX512 NPU_INLINE Vector broadcast(const uint32_t* unit) {
    return _mm512_set1_epi32(static_cast<int>(*unit));
  }
  static NPU_AVX512 NPU_INLINE Vector multiply_add(Vector a, Vector b, Vector c) {
    return _mm512_add_epi32(c, _mm512_madd_epi16(a, b));
  }
  static NPU_AVX512 NPU_INLINE void store(uint32_t* units, Vector x) {
    _mm512_storeu_si512(units, x);
  }
};

// The strip below is fetched meanwhile: its rows of C are rarely near.
template <class Op, int rows, int panels>
NPU_AVX512 void block(const Strip& strip) {
  typename Op::Vector sum[rows][panels];
  NPU_UNROLL
  for (int r = 0; r < rows; ++r) {
    NPU_UNROLL
    for (int p = 0; p < panels; ++p) {
      sum[r][p] = strip.accumulate ? Op::load(strip.c[p] + r * kPanel) : Op::zero();
      _mm_prefetch(strip.c[p] + (rows + r) * kPanel, _MM_HINT_T0);
    }
  }
  const uint32_t* panel_of_a = strip.a;
  const uint32_t* b0 = strip.b[0];
  const uint32_t* b1 = strip.b[panels - 1];
  for (int k = 0; k < strip.k; k += kPanel) {
    const uint32_t* a = panel_of_a;
    const uint32_t* end = a + std::min(kPanel, strip.k - k);
    for (; a != end; ++a) {
      const typename Op::Vector b[2] = {Op::load(b0), Op::load(b1)};
      NPU_UNROLL
      for (int r = 0; r < rows; ++r) {
        const typename Op::Vector factor = Op::broadcast(a + r * kPanel);
        NPU_UNROLL
        for (int p = 0; p < panels; ++p) sum[r][p] = Op::multiply_add(factor, b[p], sum[r][p]);
      }
      b0 += kPanel;
      b1 += kPanel;
    }
    panel_of_a += strip.a_panel_stride;
  }
  NPU_UNROLL
  for (int r = 0; r < rows; ++r) {
    NPU_UNROLL
    for (int p = 0; p < panels; ++p) Op::store(strip.c[p] + r * kPanel, sum[r][p]);
  }
}

template <class Op, int panels, int... rows>
void choose(const Strip& strip, std::integer_sequence<int, rows...>) {
  static constexpr void (*kBlocks[])(const Strip&) = {block<Op, rows + 1, panels>...};
  kBlocks[strip.rows - 1](strip);
}

template <class Op>
void run(const Strip& strip) {
  constexpr auto kRows = std::make_integer_sequence<int, kMaxRows>();
  strip.panels == 2 ? choose<Op, 2>(strip, kRows) : choose<Op, 1>(strip, kRows);
}

}  // namespace

const Kernel& avx512_kernel() {
  static const Kernel kernel{kMaxRows, run<F32>, run<I16x2>};
  return kernel;
}

}  // namespace npu::detail
#endif
