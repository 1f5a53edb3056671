// How many bits each kind of field takes, for the sources of this folder: everything else looks at
// `isa_layouts()`.
#pragma once

#include <tuple>
#include <type_traits>

#include "isa/encoding/enum_names.h"
#include "isa/instructions/instruction.h"

namespace npu::detail {

inline constexpr int kWordBits = 128;
inline constexpr int kOpcodeBits = 8;
inline constexpr int kRegBits = 6;
inline constexpr int kImmBits = 32;
inline constexpr int kFlagBits = 6;
inline constexpr int kCountBits = 4;
inline constexpr int kSyncParts = 4;  // two waits, two sets

template <class T>
constexpr int field_bits() {
  if constexpr (std::is_same_v<T, Reg>) {
    return kRegBits;
  } else if constexpr (std::is_same_v<T, bool>) {
    return 1;
  } else if constexpr (std::is_same_v<T, RegImm>) {
    return kRegBits + kImmBits;
  } else if constexpr (std::is_same_v<T, Imm64>) {
    return 64;
  } else if constexpr (std::is_same_v<T, Label>) {
    return 32;
  } else if constexpr (std::is_same_v<T, StringId>) {
    return 16;
  } else if constexpr (std::is_same_v<T, Sync>) {
    return kSyncParts * (kFlagBits + kCountBits);
  } else {
    static_assert(std::is_enum_v<T>);
    return kEnum<T>.bits;
  }
}

template <class S, class T>
constexpr int bits_of_field(const Field<S, T>&) {
  return field_bits<T>();
}

// Bits of instruction I that carry something, the opcode included.
template <class I>
constexpr int used_bits() {
  return std::apply([](const auto&... f) { return (kOpcodeBits + ... + bits_of_field(f)); },
                    I::fields());
}

}  // namespace npu::detail
