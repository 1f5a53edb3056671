// Compare, select and band: masks made and used.
#include <limits>

#include "sim/functional/run.h"
#include "sim/functional/vector_rows.h"

namespace npu::detail {

namespace {

template <class T, class F>
void test(const T* a, const T* b, uint8_t* __restrict flags, uint64_t count, F f) {
  for (uint64_t i = 0; i < count; ++i) flags[i] = f(a[i], b[i]) ? 1 : 0;
}

template <class T>
auto as_unsigned(T x) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<std::make_unsigned_t<T>>(x);
  } else {
    return x;
  }
}

template <class T>
void test(Compare cond, const T* a, const T* b, uint8_t* flags, uint64_t count) {
  switch (cond) {
    case Compare::kEq:
      return test(a, b, flags, count, [](T x, T y) { return x == y; });
    case Compare::kNe:
      return test(a, b, flags, count, [](T x, T y) { return x != y; });
    case Compare::kLt:
      return test(a, b, flags, count, [](T x, T y) { return x < y; });
    case Compare::kLe:
      return test(a, b, flags, count, [](T x, T y) { return x <= y; });
    case Compare::kGt:
      return test(a, b, flags, count, [](T x, T y) { return x > y; });
    case Compare::kGe:
      return test(a, b, flags, count, [](T x, T y) { return x >= y; });
    case Compare::kLtu:
      return test(a, b, flags, count, [](T x, T y) { return as_unsigned(x) < as_unsigned(y); });
    case Compare::kGeu:
      return test(a, b, flags, count, [](T x, T y) { return as_unsigned(x) >= as_unsigned(y); });
  }
}

// Flags of 0 and 1 become bits, the last byte filled up with zeros.
void pack(const uint8_t* flags, uint64_t count, std::byte* mask) {
  for (uint64_t first = 0; first < count; first += 8) {
    uint32_t bits = 0;
    for (uint64_t i = 0; i < std::min<uint64_t>(8, count - first); ++i) {
      bits |= static_cast<uint32_t>(flags[first + i]) << i;
    }
    mask[first / 8] = static_cast<std::byte>(bits);
  }
}

bool bit(const std::byte* mask, uint64_t i) {
  return (static_cast<uint32_t>(mask[i / 8]) >> (i % 8) & 1) != 0;
}

// a + b, or the end of the range it passes.
int64_t add_saturating(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

int64_t multiply_saturating(int64_t a, int64_t b) {
  int64_t product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  return (a < 0) != (b < 0) ? std::numeric_limits<int64_t>::min()
                            : std::numeric_limits<int64_t>::max();
}

}  // namespace

void run(const Place& place, const Vcmp<Value>& c) {
  with_element(c.type, [&](auto element) {
    using T = decltype(element);
    Extent extent{c.rows, c.cols};
    SourceRows<T> a(place, c.type, c.a_is, c.a, c.a_pitch, extent);
    SourceRows<T> b(place, c.type, c.b_is, c.b, c.b_pitch, extent);
    std::array<uint8_t, kVectorChunk> flags{};
    std::array<std::byte, kVectorChunk / 8> mask{};
    visit_chunks(extent, [&](uint64_t row, uint64_t col, uint64_t count) {
      test(c.cond, a.at(row, col, count), b.at(row, col, count), flags.data(), count);
      pack(flags.data(), count, mask.data());
      std::memcpy(ub_at(place, c.d) + row * c.d_pitch + col / 8, mask.data(), (count + 7) / 8);
    });
  });
}

void run(const Place& place, const Vselect<Value>& c) {
  with_width(c.type, [&](auto element) {
    using T = decltype(element);
    Extent extent{c.rows, c.cols};
    SourceRows<T> a(place, c.type, c.a_is, c.a, c.a_pitch, extent);
    SourceRows<T> b(place, c.type, c.b_is, c.b, c.b_pitch, extent);
    TargetRows<T> d(place, c.type, c.d, c.d_pitch, extent);
    visit_chunks(extent, [&](uint64_t row, uint64_t col, uint64_t count) {
      const std::byte* mask = ub_at(place, c.mask) + row * c.mask_pitch + col / 8;
      const T *x = a.at(row, col, count), *y = b.at(row, col, count);
      for (uint64_t i = 0; i < count; ++i) d.room()[i] = bit(mask, i) ? x[i] : y[i];
      d.put(row, col, count);
    });
  });
}

void run(const Place& place, const Vband<Value>& c) {
  with_width(c.type, [&](auto element) {
    using T = decltype(element);
    Extent extent{c.rows, c.cols};
    SourceRows<T> a(place, c.type, Source::kTile, c.a, c.a_pitch, extent);
    TargetRows<T> d(place, c.type, c.d, c.d_pitch, extent);
    const T outside = static_cast<T>(c.fill);
    visit_chunks(extent, [&](uint64_t row, uint64_t col, uint64_t count) {
      const int64_t shift =
          multiply_saturating(static_cast<int64_t>(c.slope), static_cast<int64_t>(row));
      const int64_t lo = add_saturating(static_cast<int64_t>(c.lo), shift);
      const int64_t hi = add_saturating(static_cast<int64_t>(c.hi), shift);
      const T* x = a.at(row, col, count);
      const auto first = static_cast<int64_t>(col);
      for (int64_t i = 0; i < static_cast<int64_t>(count); ++i) {
        d.room()[i] = first + i >= lo && first + i <= hi ? x[i] : outside;
      }
      d.put(row, col, count);
    });
  });
}

}  // namespace npu::detail
