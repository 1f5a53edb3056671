#include <bit>
#include <cmath>

#include "isa/numerics/mma_kernels.h"
#include "isa/numerics/scalar.h"

namespace npu::detail {
namespace {

struct F32 {
  using Value = float;
  static Value load(uint32_t unit) { return std::bit_cast<float>(unit); }
  static uint32_t store(Value value) { return std::bit_cast<uint32_t>(canonical(value)); }
  static Value multiply_add(uint32_t a, uint32_t b, Value c) {
    return std::fma(std::bit_cast<float>(a), std::bit_cast<float>(b), c);
  }
};

struct I16x2 {
  using Value = uint32_t;
  static Value load(uint32_t unit) { return unit; }
  static uint32_t store(Value value) { return value; }
  static Value multiply_add(uint32_t a, uint32_t b, Value c) {
    const int low = static_cast<int16_t>(a) * static_cast<int16_t>(b);
    const int high = static_cast<int16_t>(a >> 16) * static_cast<int16_t>(b >> 16);
    return c + static_cast<uint32_t>(low) + static_cast<uint32_t>(high);
  }
};

template <class Op>
void run(const Strip& strip) {
  for (int p = 0; p < strip.panels; ++p) {
    for (int r = 0; r < strip.rows; ++r) {
      uint32_t* c = strip.c[p] + r * kPanel;
      typename Op::Value sum[kPanel];
      for (int j = 0; j < kPanel; ++j) sum[j] = Op::load(strip.accumulate ? c[j] : 0);
      for (int i = 0; i < strip.k; ++i) {
        const uint32_t a = strip.a[static_cast<size_t>(i / kPanel) * strip.a_panel_stride +
                                   r * kPanel + i % kPanel];
        const uint32_t* b = strip.b[p] + i * kPanel;
        for (int j = 0; j < kPanel; ++j) sum[j] = Op::multiply_add(a, b[j], sum[j]);
      }
      for (int j = 0; j < kPanel; ++j) c[j] = Op::store(sum[j]);
    }
  }
}

}  // namespace

const Kernel& scalar_kernel() {
  static const Kernel kernel{16, run<F32>, run<I16x2>};
  return kernel;
}

}  // namespace npu::detail
