#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// The element types of the machine. The order is the 4-bit code an instruction word carries, so it
// never changes; what the codes mean in bits is isa/numerics.
namespace npu {

enum class Type : uint8_t {
  kF32,
  kTf32,  // stored in 4 bytes; the low 13 mantissa bits are zero
  kF16,
  kBf16,
  kE4m3,  // OCP e4m3fn: no infinity, 0x7f and 0xff are NaN
  kE5m2,
  kE2m1,  // packed two to a byte, the even element in the low nibble; no infinity, no NaN
  kE8m0,  // 2^(code - 127), 0xff is NaN: a scale
  kI32,
  kI16,
  kI8,
  kI4,  // packed like e2m1
  kU32,
  kU8,
};

inline constexpr int kTypeCount = 14;

namespace types {
inline constexpr Type f32 = Type::kF32;
inline constexpr Type tf32 = Type::kTf32;
inline constexpr Type f16 = Type::kF16;
inline constexpr Type bf16 = Type::kBf16;
inline constexpr Type e4m3 = Type::kE4m3;
inline constexpr Type e5m2 = Type::kE5m2;
inline constexpr Type e2m1 = Type::kE2m1;
inline constexpr Type e8m0 = Type::kE8m0;
inline constexpr Type i32 = Type::kI32;
inline constexpr Type i16 = Type::kI16;
inline constexpr Type i8 = Type::kI8;
inline constexpr Type i4 = Type::kI4;
inline constexpr Type u32 = Type::kU32;
inline constexpr Type u8 = Type::kU8;
}  // namespace types

namespace detail {
struct TypeInfo {
  const char* name;
  int bits;
};
inline constexpr std::array<TypeInfo, kTypeCount> kTypeInfo = {{
    {"f32", 32},
    {"tf32", 32},
    {"f16", 16},
    {"bf16", 16},
    {"e4m3", 8},
    {"e5m2", 8},
    {"e2m1", 4},
    {"e8m0", 8},
    {"i32", 32},
    {"i16", 16},
    {"i8", 8},
    {"i4", 4},
    {"u32", 32},
    {"u8", 8},
}};
}  // namespace detail

// True for the codes 0..13; an instruction word can carry two that name no type.
constexpr bool is_type(Type type) { return static_cast<int>(type) < kTypeCount; }

// Bits of one stored element.
constexpr int bits_of(Type type) { return detail::kTypeInfo[static_cast<size_t>(type)].bits; }

// Bytes of one stored element; 0 for the 4-bit types, which are packed: use the form with a count
// for those.
constexpr int bytes_of(Type type) { return bits_of(type) / 8; }

// Bytes of `count` packed elements, rounded up to whole bytes.
constexpr size_t bytes_of(Type type, size_t count) {
  return (count * static_cast<size_t>(bits_of(type)) + 7) / 8;
}

// Everything with a fraction or an exponent, e8m0 included.
constexpr bool is_float(Type type) { return type <= Type::kE8m0; }
constexpr bool is_integer(Type type) { return !is_float(type); }

constexpr const char* type_name(Type type) {
  return detail::kTypeInfo[static_cast<size_t>(type)].name;
}

constexpr std::optional<Type> type_from_name(std::string_view name) {
  for (int i = 0; i < kTypeCount; ++i) {
    if (name == detail::kTypeInfo[static_cast<size_t>(i)].name) return static_cast<Type>(i);
  }
  return std::nullopt;
}

}  // namespace npu
