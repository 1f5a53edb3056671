// Elementwise arithmetic: unary, binary and fma. Floats are computed in f32 and rounded once to
// their type; integers wrap.
#include <cmath>
#include <type_traits>

#include "isa/numerics/math.h"
#include "isa/numerics/reduce.h"
#include "isa/numerics/simd.h"
#include "sim/functional/run.h"
#include "sim/functional/vector_rows.h"

#if defined(__x86_64__)
#define NPU_WITH_FMA __attribute__((target("avx2,fma")))
#endif

namespace npu::detail {

namespace {

// -- one operation on arrays of floats --

template <class F>
void each(const float* a, float* __restrict d, uint64_t count, F f) {
  for (uint64_t i = 0; i < count; ++i) d[i] = one_nan(f(a[i]));
}

template <class F>
void each(const float* a, const float* b, float* __restrict d, uint64_t count, F f) {
  for (uint64_t i = 0; i < count; ++i) d[i] = one_nan(f(a[i], b[i]));
}

void apply(VabsOp, const float* a, float* d, uint64_t n) {
  each(a, d, n, [](float x) { return std::fabs(x); });
}
void apply(VnegOp, const float* a, float* d, uint64_t n) {
  each(a, d, n, [](float x) { return -x; });
}
void apply(VreluOp, const float* a, float* d, uint64_t n) {
  each(a, d, n, [](float x) { return x <= 0 ? 0.0F : x; });
}
void apply(VexpOp, const float* a, float* d, uint64_t n) { exp_f32(a, d, n); }
void apply(VlnOp, const float* a, float* d, uint64_t n) { ln_f32(a, d, n); }
void apply(VsqrtOp, const float* a, float* d, uint64_t n) { sqrt_f32(a, d, n); }
void apply(VrsqrtOp, const float* a, float* d, uint64_t n) { rsqrt_f32(a, d, n); }
void apply(VrecOp, const float* a, float* d, uint64_t n) { rec_f32(a, d, n); }

void apply(VaddOp, const float* a, const float* b, float* d, uint64_t n) {
  each(a, b, d, n, [](float x, float y) { return x + y; });
}
void apply(VsubOp, const float* a, const float* b, float* d, uint64_t n) {
  each(a, b, d, n, [](float x, float y) { return x - y; });
}
void apply(VmulOp, const float* a, const float* b, float* d, uint64_t n) {
  each(a, b, d, n, [](float x, float y) { return x * y; });
}
void apply(VdivOp, const float* a, const float* b, float* d, uint64_t n) {
  each(a, b, d, n, [](float x, float y) { return x / y; });
}
void apply(VmaxOp, const float* a, const float* b, float* d, uint64_t n) { max_f32(a, b, d, n); }
void apply(VminOp, const float* a, const float* b, float* d, uint64_t n) { min_f32(a, b, d, n); }

// -- one operation on two integers of one type --

template <class T>
using Unsigned = std::make_unsigned_t<T>;

// Wide enough that a product of narrow types does not overflow a signed int.
template <class T>
uint32_t wide(T x) {
  return static_cast<uint32_t>(static_cast<Unsigned<T>>(x));
}

template <class T>
uint32_t shift_of(T x) {
  return wide(x) % (sizeof(T) * 8);
}

template <class T>
T apply(VaddOp, T a, T b) {
  return static_cast<T>(wide(a) + wide(b));
}
template <class T>
T apply(VsubOp, T a, T b) {
  return static_cast<T>(wide(a) - wide(b));
}
template <class T>
T apply(VmulOp, T a, T b) {
  return static_cast<T>(wide(a) * wide(b));
}
template <class T>
T apply(VmaxOp, T a, T b) {
  return a < b ? b : a;
}
template <class T>
T apply(VminOp, T a, T b) {
  return b < a ? b : a;
}
template <class T>
T apply(VandOp, T a, T b) {
  return static_cast<T>(a & b);
}
template <class T>
T apply(VorOp, T a, T b) {
  return static_cast<T>(a | b);
}
template <class T>
T apply(VxorOp, T a, T b) {
  return static_cast<T>(a ^ b);
}
template <class T>
T apply(VshlOp, T a, T b) {
  return static_cast<T>(wide(a) << shift_of(b));
}
template <class T>
T apply(VshrOp, T a, T b) {
  return static_cast<T>(a >> shift_of(b));
}
template <class T>
T apply(VnotOp, T a) {
  return static_cast<T>(~a);
}

// The finaliser of MurmurHash3 behind a step that takes 0 away from 0.
template <class T>
T apply(VhashOp, T a) {
  uint32_t x = static_cast<uint32_t>(a) + 0x9e3779b9;
  x = (x ^ x >> 16) * 0x85ebca6b;
  x = (x ^ x >> 13) * 0xc2b2ae35;
  return static_cast<T>(x ^ x >> 16);
}

template <class Op>
inline constexpr bool kForFloats = requires(const float* x, float* y) {
  apply(Op{}, x, y, 1);
}
|| requires(const float* x, float* y) { apply(Op{}, x, x, y, 1); };
template <class Op, class T>
inline constexpr bool kForIntegers = requires(T x) {
  apply(Op{}, x);
}
|| requires(T x) { apply(Op{}, x, x); };

// -- fma --

void fma_any(const float* a, const float* b, const float* c, float* __restrict d, uint64_t n) {
  for (uint64_t i = 0; i < n; ++i) d[i] = one_nan(std::fma(a[i], b[i], c[i]));
}

#if defined(NPU_WITH_FMA)
NPU_WITH_FMA void fma_avx2(const float* a, const float* b, const float* c, float* __restrict d,
                           uint64_t n) {
  for (uint64_t i = 0; i < n; ++i) {
    const float x = __builtin_fmaf(a[i], b[i], c[i]);
    d[i] = x == x ? x : std::bit_cast<float>(uint32_t{0x7fc00000});
  }
}
#endif

void fused(const float* a, const float* b, const float* c, float* d, uint64_t n) {
#if defined(NPU_WITH_FMA)
  if (simd() != Simd::kScalar) return fma_avx2(a, b, c, d, n);
#endif
  fma_any(a, b, c, d, n);
}

}  // namespace

template <class Op>
void run(const Place& place, const VectorUnary<Value, Op>& c) {
  with_element(c.type, [&](auto element) {
    using T = decltype(element);
    Extent extent{c.rows, c.cols};
    SourceRows<T> a(place, c.type, c.a_is, c.a, c.a_pitch, extent);
    TargetRows<T> d(place, c.type, c.d, c.d_pitch, extent);
    extent.flatten();
    visit_chunks(extent, [&](uint64_t row, uint64_t col, uint64_t count) {
      const T* x = a.at(row, col, count);
      if constexpr (std::is_same_v<T, float>) {
        if constexpr (kForFloats<Op>) apply(Op{}, x, d.room(), count);
      } else if constexpr (kForIntegers<Op, T>) {
        for (uint64_t i = 0; i < count; ++i) d.room()[i] = apply(Op{}, x[i]);
      }
      d.put(row, col, count);
    });
  });
}

template <class Op>
void run(const Place& place, const VectorBinary<Value, Op>& c) {
  with_element(c.type, [&](auto element) {
    using T = decltype(element);
    Extent extent{c.rows, c.cols};
    SourceRows<T> a(place, c.type, c.a_is, c.a, c.a_pitch, extent);
    SourceRows<T> b(place, c.type, c.b_is, c.b, c.b_pitch, extent);
    TargetRows<T> d(place, c.type, c.d, c.d_pitch, extent);
    extent.flatten();
    visit_chunks(extent, [&](uint64_t row, uint64_t col, uint64_t count) {
      const T *x = a.at(row, col, count), *y = b.at(row, col, count);
      T* __restrict to = d.room();
      if constexpr (std::is_same_v<T, float>) {
        if constexpr (kForFloats<Op>) apply(Op{}, x, y, to, count);
      } else if constexpr (kForIntegers<Op, T>) {
        for (uint64_t i = 0; i < count; ++i) to[i] = apply(Op{}, x[i], y[i]);
      }
      d.put(row, col, count);
    });
  });
}

void run(const Place& place, const Vfma<Value>& c) {
  Extent extent{c.rows, c.cols};
  SourceRows<float> a(place, c.type, c.a_is, c.a, c.a_pitch, extent);
  SourceRows<float> b(place, c.type, c.b_is, c.b, c.b_pitch, extent);
  SourceRows<float> addend(place, c.type, c.c_is, c.c, c.c_pitch, extent);
  TargetRows<float> d(place, c.type, c.d, c.d_pitch, extent);
  extent.flatten();
  visit_chunks(extent, [&](uint64_t row, uint64_t col, uint64_t count) {
    fused(a.at(row, col, count), b.at(row, col, count), addend.at(row, col, count), d.room(),
          count);
    d.put(row, col, count);
  });
}

template void run(const Place&, const Vabs<Value>&);
template void run(const Place&, const Vneg<Value>&);
template void run(const Place&, const Vrelu<Value>&);
template void run(const Place&, const Vexp<Value>&);
template void run(const Place&, const Vln<Value>&);
template void run(const Place&, const Vsqrt<Value>&);
template void run(const Place&, const Vrsqrt<Value>&);
template void run(const Place&, const Vrec<Value>&);
template void run(const Place&, const Vnot<Value>&);
template void run(const Place&, const Vhash<Value>&);
template void run(const Place&, const Vadd<Value>&);
template void run(const Place&, const Vsub<Value>&);
template void run(const Place&, const Vmul<Value>&);
template void run(const Place&, const Vdiv<Value>&);
template void run(const Place&, const Vmax<Value>&);
template void run(const Place&, const Vmin<Value>&);
template void run(const Place&, const Vand<Value>&);
template void run(const Place&, const Vor<Value>&);
template void run(const Place&, const Vxor<Value>&);
template void run(const Place&, const Vshl<Value>&);
template void run(const Place&, const Vshr<Value>&);

}  // namespace npu::detail
