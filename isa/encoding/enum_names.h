// The one table of every enumeration an instruction can carry: width in the word, names in assembly
// text.
//
// The position of a name is its code. Widths leave room where the instructions have it, so that a
// later machine can add a name without moving a field.
#pragma once

#include <array>
#include <initializer_list>

#include "isa/instructions/operands.h"

namespace npu {

struct EnumInfo {
  std::string_view what;  // for messages: "unit"
  int bits = 0;
  bool may_omit = false;  // the first name is a default that assembly text can leave out
  int count = 0;
  std::array<std::string_view, 16> names{};
};

namespace detail {

// `last` is the enumeration's last member: a name too few or too many does not compile.
template <class E>
consteval EnumInfo enum_info(std::string_view what, int bits, bool may_omit, E last,
                             std::initializer_list<std::string_view> names) {
  EnumInfo info{what, bits, may_omit, 0, {}};
  for (const std::string_view name : names) info.names.at(info.count++) = name;
  if (info.count != static_cast<int>(last) + 1) throw "one name for each member";
  if (info.count > 1 << bits) throw "too few bits";
  return info;
}

consteval EnumInfo type_info() {
  EnumInfo info{"type", 4, false, kTypeCount, {}};
  for (int i = 0; i < kTypeCount; ++i) info.names.at(i) = type_name(static_cast<Type>(i));
  return info;
}

inline constexpr bool kNamed = false;
inline constexpr bool kMayOmit = true;

}  // namespace detail

template <class E>
inline constexpr EnumInfo kEnum{};

template <>
inline constexpr EnumInfo kEnum<Type> = detail::type_info();
template <>
inline constexpr EnumInfo kEnum<Unit> = detail::enum_info("unit", 3, detail::kNamed, Unit::kStore,
                                                          {"seq", "load", "feed", "cube", "drain",
                                                           "vector", "store"});
template <>
inline constexpr EnumInfo kEnum<Mem> = detail::enum_info("memory", 3, detail::kNamed, Mem::kTable,
                                                         {"gm", "l1", "l0a", "l0b", "l0c", "ub",
                                                          "bias", "table"});
template <>
inline constexpr EnumInfo kEnum<Source> = detail::enum_info(
    "shape", 3, detail::kMayOmit, Source::kScalar, {"tile", "row", "column", "one", "scalar"});
template <>
inline constexpr EnumInfo kEnum<Layout> = detail::enum_info("layout", 3, detail::kMayOmit,
                                                            Layout::kTransposed,
                                                            {"row", "fractal", "tiled", "scale",
                                                             "transposed"});
template <>
inline constexpr EnumInfo kEnum<Compare> = detail::enum_info("condition", 3, detail::kNamed,
                                                             Compare::kGeu,
                                                             {"eq", "ne", "lt", "le", "gt", "ge",
                                                              "ltu", "geu"});
template <>
inline constexpr EnumInfo kEnum<Atomic> = detail::enum_info("atomic operation", 2, detail::kMayOmit,
                                                            Atomic::kMax, {"none", "add", "max"});
template <>
inline constexpr EnumInfo kEnum<AtomicOp> = detail::enum_info("atomic operation", 3, detail::kNamed,
                                                              AtomicOp::kCas,
                                                              {"add", "max", "swap", "cas"});
template <>
inline constexpr EnumInfo kEnum<Activation> = detail::enum_info("activation", 2, detail::kMayOmit,
                                                                Activation::kLeaky,
                                                                {"none", "relu", "leaky"});
template <>
inline constexpr EnumInfo kEnum<ScaleMode> = detail::enum_info("scaling", 2, detail::kMayOmit,
                                                               ScaleMode::kColumn,
                                                               {"none", "scalar", "column"});
template <>
inline constexpr EnumInfo kEnum<Hint> = detail::enum_info("cache hint", 2, detail::kMayOmit,
                                                          Hint::kStream, {"keep", "stream"});
template <>
inline constexpr EnumInfo kEnum<RoundMode> = detail::enum_info("rounding", 3, detail::kMayOmit,
                                                               RoundMode::kCeil,
                                                               {"rne", "rz", "floor", "ceil"});
template <>
inline constexpr EnumInfo kEnum<Width> = detail::enum_info("width", 4, detail::kNamed, Width::kF32,
                                                           {"u8", "u16", "u32", "u64", "i8", "i16",
                                                            "i32", "f32"});
template <>
inline constexpr EnumInfo kEnum<Cache> = detail::enum_info("cache operation", 3, detail::kNamed,
                                                           Cache::kPrefetch,
                                                           {"invalidate", "invalidate_all", "clean",
                                                            "prefetch"});
template <>
inline constexpr EnumInfo kEnum<PrintAs> = detail::enum_info("form", 3, detail::kMayOmit,
                                                             PrintAs::kF32, {"int", "hex", "f32"});
template <>
inline constexpr EnumInfo kEnum<Csr> = detail::enum_info("fact", 6, detail::kNamed, Csr::kCycle,
                                                         {"chip", "chips", "group", "groups",
                                                          "core", "vectors", "vector", "cycle"});

// The name of a value; "?" for one that has none.
template <class E>
constexpr std::string_view name_of(E value) {
  const auto code = static_cast<size_t>(value);
  return code < static_cast<size_t>(kEnum<E>.count) ? kEnum<E>.names[code] : "?";
}

}  // namespace npu
