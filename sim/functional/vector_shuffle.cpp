// Vector instructions that move elements: copy, transpose, zip, unzip, gather; and those that make
// elements out of others' values, iota and convert.
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
void put_element(std::byte* to, T value) {
  std::memcpy(to, &value, sizeof value);
}

// In squares, so that both sides stay in the host's cache.
constexpr uint64_t kSquare = 16;

template <class T>
void transpose(const Place& place, const Vtranspose<Value>& c) {
  const std::byte* a = ub_at(place, c.a);
  std::byte* d = ub_at(place, c.d);
  for (uint64_t row0 = 0; row0 < c.rows; row0 += kSquare) {
    for (uint64_t col0 = 0; col0 < c.cols; col0 += kSquare) {
      for (uint64_t col = col0; col < std::min(col0 + kSquare, c.cols); ++col) {
        for (uint64_t row = row0; row < std::min(row0 + kSquare, c.rows); ++row) {
          put_element(d + col * c.d_pitch + row * sizeof(T),
                      element_at<T>(a + row * c.a_pitch + col * sizeof(T)));
        }
      }
    }
  }
}

// Elements that target and source types convert with saturation: the narrow formats that data is
// quantised to.
bool saturates(Type to) { return to >= Type::kE4m3 && to <= Type::kE2m1; }

Round round_of(RoundMode mode) {
  switch (mode) {
    case RoundMode::kRne:
      return Round::kNearestEven;
    case RoundMode::kRz:
      return Round::kZero;
    case RoundMode::kFloor:
      return Round::kFloor;
    case RoundMode::kCeil:
      return Round::kCeil;
  }
  return Round::kNearestEven;
}

template <class T>
void spread_converted(const Place& place, const Vconvert<Value>& c) {
  for (uint64_t row = 0; row < c.rows; ++row) {
    uint64_t bits = c.a;
    if (c.a_is != Source::kScalar) {
      const uint64_t at = c.a_is == Source::kColumn ? c.a + row * c.a_pitch : c.a;
      std::memcpy(&bits, ub_at(place, at), static_cast<size_t>(bytes_of(c.from)));
    }
    T value{};
    convert(&bits, c.from, &value, c.to, 1, round_of(c.round), saturates(c.to));
    std::byte* d = ub_at(place, c.d) + row * c.d_pitch;
    for (uint64_t col = 0; col < c.cols; ++col) put_element(d + col * sizeof(T), value);
  }
}

}  // namespace

void run(const Place& place, const Vcopy<Value>& c) {
  if (c.a_is == Source::kTile || c.a_is == Source::kRow) {
    const uint64_t pitch = c.a_is == Source::kRow ? 0 : c.a_pitch;
    const uint64_t row_bytes = c.cols * static_cast<uint64_t>(bytes_of(c.type));
    for (uint64_t row = 0; row < c.rows; ++row) {
      std::memmove(ub_at(place, c.d) + row * c.d_pitch, ub_at(place, c.a) + row * pitch, row_bytes);
    }
    return;
  }
  with_width(c.type, [&](auto element) {
    using T = decltype(element);
    Extent extent{c.rows, c.cols};
    SourceRows<T> a(place, c.type, c.a_is, c.a, c.a_pitch, extent);
    TargetRows<T> d(place, c.type, c.d, c.d_pitch, extent);
    extent.flatten();
    visit_chunks(extent, [&](uint64_t row, uint64_t col, uint64_t count) {
      std::memcpy(d.room(), a.at(row, col, count), count * sizeof(T));
      d.put(row, col, count);
    });
  });
}

void run(const Place& place, const Viota<Value>& c) {
  for (uint64_t row = 0; row < c.rows; ++row) {
    std::byte* d = ub_at(place, c.d) + row * c.d_pitch;
    for (uint64_t col = 0; col < c.cols; ++col) {
      put_element(d + 4 * col,
                  static_cast<uint32_t>(c.start + col * c.col_step + row * c.row_step));
    }
  }
}

void run(const Place& place, const Vconvert<Value>& c) {
  if (c.a_is != Source::kTile && c.a_is != Source::kRow) {
    with_width(c.to, [&](auto element) { spread_converted<decltype(element)>(place, c); });
    return;
  }
  const bool flat =
      c.rows == 1 || (c.a_is == Source::kTile && c.a_pitch == bytes_of(c.from, c.cols) &&
                      c.d_pitch == bytes_of(c.to, c.cols));
  const uint64_t rows = flat ? 1 : c.rows, cols = flat ? c.rows * c.cols : c.cols;
  const uint64_t pitch = c.a_is == Source::kRow ? 0 : c.a_pitch;
  for (uint64_t row = 0; row < rows; ++row) {
    convert(ub_at(place, c.a) + row * pitch, c.from, ub_at(place, c.d) + row * c.d_pitch, c.to,
            cols, round_of(c.round), saturates(c.to));
  }
}

void run(const Place& place, const Vtranspose<Value>& c) {
  with_width(c.type, [&](auto element) { transpose<decltype(element)>(place, c); });
}

void run(const Place& place, const Vzip<Value>& c) {
  with_width(c.type, [&](auto element) {
    using T = decltype(element);
    for (uint64_t row = 0; row < c.rows; ++row) {
      const std::byte* a = ub_at(place, c.a) + row * c.a_pitch;
      const std::byte* b = ub_at(place, c.b) + row * c.b_pitch;
      std::byte* d = ub_at(place, c.d) + row * c.d_pitch;
      for (uint64_t col = 0; col < c.cols; ++col) {
        put_element(d + 2 * col * sizeof(T), element_at<T>(a + col * sizeof(T)));
        put_element(d + (2 * col + 1) * sizeof(T), element_at<T>(b + col * sizeof(T)));
      }
    }
  });
}

void run(const Place& place, const Vunzip<Value>& c) {
  with_width(c.type, [&](auto element) {
    using T = decltype(element);
    for (uint64_t row = 0; row < c.rows; ++row) {
      const std::byte* a = ub_at(place, c.a) + row * c.a_pitch;
      std::byte* d = ub_at(place, c.d) + row * c.d_pitch;
      std::byte* b = ub_at(place, c.b) + row * c.b_pitch;
      for (uint64_t col = 0; col < c.cols; ++col) {
        put_element(d + col * sizeof(T), element_at<T>(a + 2 * col * sizeof(T)));
        put_element(b + col * sizeof(T), element_at<T>(a + (2 * col + 1) * sizeof(T)));
      }
    }
  });
}

void run(const Place& place, const Vgather<Value>& c) {
  with_width(c.type, [&](auto element) {
    using T = decltype(element);
    for (uint64_t row = 0; row < c.rows; ++row) {
      const std::byte* indices = ub_at(place, c.b) + row * c.b_pitch;
      std::byte* d = ub_at(place, c.d) + row * c.d_pitch;
      for (uint64_t col = 0; col < c.cols; ++col) {
        const auto index = static_cast<uint64_t>(element_at<int32_t>(indices + 4 * col));
        put_element(d + col * sizeof(T), element_at<T>(ub_at(place, c.a) + index * sizeof(T)));
      }
    }
  });
}

void run(const Place& place, const VgatherRows<Value>& c) {
  const uint64_t row_bytes = c.cols * static_cast<uint64_t>(bytes_of(c.type));
  for (uint64_t row = 0; row < c.rows; ++row) {
    const auto index = static_cast<uint64_t>(element_at<int32_t>(ub_at(place, c.b) + 4 * row));
    std::memcpy(ub_at(place, c.d) + row * c.d_pitch, ub_at(place, c.a) + index * c.a_pitch,
                row_bytes);
  }
}

}  // namespace npu::detail
