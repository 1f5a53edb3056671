// Vector instructions whose elements go where data says: scatter, compress, histogram.
#include <vector>

#include "sim/functional/operands.h"
#include "sim/functional/run.h"
#include "sim/functional/vector_rows.h"

namespace npu::detail {

namespace {

template <class T>
T element_at(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

template <class T>
void count_values(const Place& place, const Vhistogram<Value>& c) {
  std::vector<uint32_t> bins(c.count);
  std::memcpy(bins.data(), ub_at(place, c.d), c.count * 4);
  for (uint64_t row = 0; row < c.rows; ++row) {
    const std::byte* a = ub_at(place, c.a) + row * c.a_pitch;
    for (uint64_t col = 0; col < c.cols; ++col) {
      const int64_t x = element_at<T>(a + col * sizeof(T));
      if (x >= 0 && static_cast<uint64_t>(x) < c.count) ++bins[static_cast<uint64_t>(x)];
    }
  }
  std::memcpy(ub_at(place, c.d), bins.data(), c.count * 4);
}

}  // namespace

void run(const Place& place, const Vscatter<Value>& c) {
  const auto size = static_cast<uint64_t>(bytes_of(c.type));
  for (uint64_t row = 0; row < c.rows; ++row) {
    const std::byte* a = ub_at(place, c.a) + row * c.a_pitch;
    const std::byte* indices = ub_at(place, c.b) + row * c.b_pitch;
    for (uint64_t col = 0; col < c.cols; ++col) {
      const auto index = element_at<int32_t>(indices + 4 * col);
      if (index < 0) continue;
      std::memcpy(ub_at(place, c.d) + static_cast<uint64_t>(index) * size, a + col * size, size);
    }
  }
}

void run(const Place& place, const Vcompress<Value>& c) {
  const auto size = static_cast<uint64_t>(bytes_of(c.type));
  std::byte* to = ub_at(place, c.d);
  uint32_t total = 0;
  for (uint64_t row = 0; row < c.rows; ++row) {
    const std::byte* a = ub_at(place, c.a) + row * c.a_pitch;
    const std::byte* mask = ub_at(place, c.b) + row * c.b_pitch;
    for (uint64_t col = 0; col < c.cols; ++col) {
      if ((static_cast<uint32_t>(mask[col / 8]) >> (col % 8) & 1) == 0) continue;
      std::memcpy(to + total * size, a + col * size, size);
      ++total;
    }
  }
  std::memset(to + total * size, 0, (c.rows * c.cols - total) * size);
  std::memcpy(ub_at(place, c.count), &total, sizeof total);
}

void run(const Place& place, const Vhistogram<Value>& c) {
  if (c.type == Type::kI32) return count_values<int32_t>(place, c);
  count_values<uint8_t>(place, c);
}

}  // namespace npu::detail
