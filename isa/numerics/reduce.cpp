#include "isa/numerics/reduce.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "isa/numerics/simd_map.h"

namespace npu {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// An integer that orders like the float, with -0 below +0; its own inverse.
NPU_INLINE int32_t order_key(int32_t bits) {
  return bits ^ static_cast<int32_t>(static_cast<uint32_t>(bits >> 31) >> 1);
}
NPU_INLINE int32_t key_of(float x) { return order_key(std::bit_cast<int32_t>(x)); }
NPU_INLINE float value_of(int32_t key) { return std::bit_cast<float>(order_key(key)); }

struct SumLoop {
  const float* x;
  size_t count;

  NPU_INLINE float operator()() const {
    float lane[kSumLanes] = {};
    const size_t whole = count - count % kSumLanes;
    for (size_t i = 0; i < whole; i += kSumLanes) {
      for (size_t j = 0; j < kSumLanes; ++j) lane[j] += x[i + j];
    }
    for (size_t j = 0; j < count - whole; ++j) lane[j] += x[whole + j];
    for (size_t width = kSumLanes / 2; width != 0; width /= 2) {
      for (size_t j = 0; j < width; ++j) lane[j] += lane[j + width];
    }
    return lane[0] == lane[0] ? lane[0] : kNan;
  }
};

struct MaxLoop {
  const float* x;
  size_t count;

  NPU_INLINE float operator()() const {
    int32_t best = key_of(-kInfinity);
    int32_t unordered = 0;
    for (size_t i = 0; i < count; ++i) {
      best = std::max(best, key_of(x[i]));
      unordered |= x[i] != x[i];
    }
    return unordered != 0 ? kNan : value_of(best);
  }
};

struct MinLoop {
  const float* x;
  size_t count;

  NPU_INLINE float operator()() const {
    int32_t best = key_of(kInfinity);
    int32_t unordered = 0;
    for (size_t i = 0; i < count; ++i) {
      best = std::min(best, key_of(x[i]));
      unordered |= x[i] != x[i];
    }
    return unordered != 0 ? kNan : value_of(best);
  }
};

struct AbsMaxLoop {
  const float* x;
  size_t count;

  NPU_INLINE float operator()() const {
    int32_t best = 0;
    for (size_t i = 0; i < count; ++i) {
      best = std::max(best, std::bit_cast<int32_t>(x[i]) & 0x7fffffff);
    }
    return best > 0x7f800000 ? kNan : std::bit_cast<float>(best);
  }
};

// The first index of `value`, or of a NaN if `value` is one.
struct FindLoop {
  const float* x;
  size_t count;
  float value;

  NPU_INLINE bool matches(float element) const {
    return value == value ? element == value : element != element;
  }

  NPU_INLINE size_t operator()() const {
    constexpr size_t kBlock = 64;
    size_t i = 0;
    for (; i + kBlock <= count; i += kBlock) {
      int32_t found = 0;
      for (size_t j = 0; j < kBlock; ++j) found |= matches(x[i + j]);
      if (found != 0) break;
    }
    while (i < count && !matches(x[i])) ++i;
    return i;
  }
};

template <class Pick>
struct PairLoop {
  const float* a;
  const float* b;
  float* y;
  size_t count;

  NPU_INLINE void operator()() const {
    NPU_INDEPENDENT
    for (size_t i = 0; i < count; ++i) y[i] = Pick::of(a[i], b[i]);
  }
};

struct PickMax {
  static NPU_INLINE float of(float a, float b) {
    const float larger = value_of(std::max(key_of(a), key_of(b)));
    return a != a || b != b ? kNan : larger;
  }
};

struct PickMin {
  static NPU_INLINE float of(float a, float b) {
    const float smaller = value_of(std::min(key_of(a), key_of(b)));
    return a != a || b != b ? kNan : smaller;
  }
};

}  // namespace

float row_sum(const float* x, size_t count) { return detail::dispatch(SumLoop{x, count}); }
float row_max(const float* x, size_t count) { return detail::dispatch(MaxLoop{x, count}); }
float row_min(const float* x, size_t count) { return detail::dispatch(MinLoop{x, count}); }
float row_absmax(const float* x, size_t count) { return detail::dispatch(AbsMaxLoop{x, count}); }

size_t row_argmax(const float* x, size_t count) {
  if (count == 0) return 0;
  return detail::dispatch(FindLoop{x, count, row_max(x, count)});
}

float max_f32(float a, float b) { return PickMax::of(a, b); }
float min_f32(float a, float b) { return PickMin::of(a, b); }

void max_f32(const float* a, const float* b, float* y, size_t count) {
  detail::dispatch(PairLoop<PickMax>{a, b, y, count});
}

void min_f32(const float* a, const float* b, float* y, size_t count) {
  detail::dispatch(PairLoop<PickMin>{a, b, y, count});
}

}  // namespace npu
