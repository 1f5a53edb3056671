// Walks the operands of a vector instruction chunk by chunk: broadcasts are spread, narrow floats
// widened, so that every operation is one loop over plain arrays. Private to sim/functional.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "isa/instructions/operands.h"
#include "isa/numerics/convert.h"
#include "isa/numerics/scalar.h"
#include "sim/functional/state.h"

namespace npu::detail {

inline constexpr uint64_t kVectorChunk = 512;  // elements; a multiple of 8, for masks

// The float among an element's bits; what a register holds as an element of `type`.
inline float float_of_bits(Type type, uint64_t bits) {
  float value = 0;
  convert(&bits, type, &value, Type::kF32, 1);
  return value;
}

inline std::byte* ub_at(const Place& place, uint64_t address) {
  return memory_of(place.group, Mem::kUb, place.core).data() + address;
}

// The extent of an instruction and what may be done to it: with only contiguous tiles and single
// values it is one long row.
struct Extent {
  uint64_t rows, cols;
  bool flat = true;
  void flatten() {
    if (!flat) return;
    cols *= rows;
    rows = 1;
  }
};

// One source as elements of T: floats of any stored type come as float, all others as they are.
template <class T>
class SourceRows {
 public:
  SourceRows(const Place& place, Type type, Source shape, uint64_t base, uint64_t pitch,
             Extent& extent)
      : type_(type), shape_(shape), pitch_(pitch) {
    if (extent.cols == 1 && shape_ == Source::kColumn) shape_ = Source::kTile;
    if (extent.rows == 1 && shape_ == Source::kRow) shape_ = Source::kTile;
    const uint64_t row_bytes = extent.cols * static_cast<uint64_t>(bytes_of(type));
    const bool tile_is_flat = shape_ == Source::kTile && (extent.rows == 1 || pitch == row_bytes);
    const bool single = shape_ == Source::kOne || shape_ == Source::kScalar;
    extent.flat = extent.flat && (tile_is_flat || single);
    if (shape_ == Source::kScalar) {
      spread(value_of_bits(base));
    } else {
      base_ = ub_at(place, base);
      if (shape_ == Source::kOne) spread(element(base_));
    }
  }

  // `count` <= kVectorChunk elements from (row, col) on; valid until the next call.
  const T* at(uint64_t row, uint64_t col, uint64_t count) {
    switch (shape_) {
      case Source::kTile:
        return elements(base_ + row * pitch_, col, count);
      case Source::kRow:
        return elements(base_, col, count);
      case Source::kColumn:
        if (row != spread_row_) {
          spread_row_ = row;
          spread(element(base_ + row * pitch_));
        }
        break;
      case Source::kOne:
      case Source::kScalar:
        break;
    }
    return buffer_.data();
  }

 private:
  static constexpr bool kIsFloat = std::is_same_v<T, float>;
  bool direct() const { return !kIsFloat || type_ == Type::kF32; }

  T value_of_bits(uint64_t bits) const {
    if constexpr (kIsFloat) return float_of_bits(type_, bits);
    return static_cast<T>(bits);
  }

  T element(const std::byte* at) const {
    uint64_t bits = 0;
    std::memcpy(&bits, at, static_cast<size_t>(bytes_of(type_)));
    return value_of_bits(bits);
  }

  void spread(T value) { buffer_.fill(value); }

  // Validated addresses are multiples of the element size: the bytes can be used where they are.
  const T* elements(const std::byte* row, uint64_t col, uint64_t count) {
    const std::byte* from = row + col * static_cast<uint64_t>(bytes_of(type_));
    if (direct()) return reinterpret_cast<const T*>(from);
    convert(from, type_, buffer_.data(), Type::kF32, count);
    return buffer_.data();
  }

  Type type_;
  Source shape_;
  uint64_t pitch_;
  const std::byte* base_ = nullptr;
  uint64_t spread_row_ = ~uint64_t{0};
  alignas(64) std::array<T, kVectorChunk> buffer_{};
};

// The destination: an operation writes into room(), put() converts and stores it.
template <class T>
class TargetRows {
 public:
  TargetRows(const Place& place, Type type, uint64_t base, uint64_t pitch, Extent& extent)
      : type_(type), base_(ub_at(place, base)), pitch_(pitch) {
    const uint64_t row_bytes = extent.cols * static_cast<uint64_t>(bytes_of(type));
    extent.flat = extent.flat && (extent.rows == 1 || pitch == row_bytes);
  }

  T* room() { return buffer_.data(); }

  void put(uint64_t row, uint64_t col, uint64_t count) {
    const auto size = static_cast<uint64_t>(bytes_of(type_));
    std::byte* to = base_ + row * pitch_ + col * size;
    if constexpr (std::is_same_v<T, float>) {
      if (type_ != Type::kF32) {
        convert(buffer_.data(), Type::kF32, to, type_, count);
        return;
      }
    }
    std::memcpy(to, buffer_.data(), count * size);
  }

 private:
  Type type_;
  std::byte* base_;
  uint64_t pitch_;
  alignas(64) std::array<T, kVectorChunk> buffer_{};
};

// Calls visit(row, col, count) for the chunks of an extent, row by row.
template <class Visit>
void visit_chunks(const Extent& extent, Visit visit) {
  for (uint64_t row = 0; row < extent.rows; ++row) {
    for (uint64_t col = 0; col < extent.cols; col += kVectorChunk) {
      visit(row, col, std::min(kVectorChunk, extent.cols - col));
    }
  }
}

// Calls visit with a value of the C++ type that computes elements of `type`: float for all floats.
template <class Visit>
void with_element(Type type, Visit visit) {
  switch (type) {
    case Type::kI32:
      return visit(int32_t{});
    case Type::kI16:
      return visit(int16_t{});
    case Type::kI8:
      return visit(int8_t{});
    case Type::kU32:
      return visit(uint32_t{});
    case Type::kU8:
      return visit(uint8_t{});
    default:
      return visit(float{});
  }
}

// The same for operations that only move elements: an unsigned integer of their width.
template <class Visit>
void with_width(Type type, Visit visit) {
  switch (bytes_of(type)) {
    case 1:
      return visit(uint8_t{});
    case 2:
      return visit(uint16_t{});
    default:
      return visit(uint32_t{});
  }
}

// `x`, or the one NaN that results have: hosts differ in the NaN they make.
inline float one_nan(float x) { return x == x ? x : std::bit_cast<float>(uint32_t{0x7fc00000}); }

}  // namespace npu::detail
